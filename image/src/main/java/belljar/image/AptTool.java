package belljar.image;

import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The machine's own apt, run on directories of ours: it resolves, downloads, and verifies signatures and hashes with
 * the machine's sources and keyrings (apt-get(8), apt.conf(5)). Safe for use by one process at a time; the caller holds
 * the lock.
 */
final class AptTool {
    private final AptDirectories directories;
    private final AptProgress progress;

    /**
     * Creates the tool.
     *
     * @param directories where apt works
     * @param progress told how far it is
     */
    AptTool(AptDirectories directories, AptProgress progress) {
        this.directories = directories;
        this.progress = progress;
    }

    /** What a run of apt printed, both streams in order, and its exit code. */
    record Output(List<String> lines, int exit) {
        boolean has(String start) {
            return lines.stream().anyMatch(line -> line.startsWith(start));
        }

        /** {@return the first line with the prefix, without it, or the empty string} */
        String first(String start) {
            return lines.stream()
                    .filter(line -> line.startsWith(start))
                    .map(line -> line.substring(start.length()).strip())
                    .findFirst()
                    .orElse("");
        }
    }

    /**
     * Resolves the request: what it needs is the packages and the closure of their dependencies, without
     * recommendations.
     *
     * @return apt's output, for {@link #installed} or {@link AptFailure}
     */
    Output simulate(AptRequest request, Path status, Path lists) {
        return install(request, status, lists, "--simulate");
    }

    /**
     * Reads the lines {@code Inst NAME [OLD] (VERSION ORIGIN… [ARCHITECTURE])} of a simulated installation.
     *
     * @param lines what apt-get printed
     * @return the packages, sorted by name
     */
    static List<AptPackage> installed(List<String> lines) {
        List<AptPackage> packages = new ArrayList<>();
        for (String line : lines) {
            if (!line.startsWith("Inst ")) {
                continue;
            }
            int open = line.indexOf('(');
            int blank = line.indexOf(' ', open);
            int bracket = line.indexOf(" [", blank);
            int close = line.indexOf(']', bracket);
            String name = line.substring(5, Math.max(5, line.indexOf(' ', 5)));
            if (open < 0 || blank < 0 || bracket < 0 || close < 0 || name.isEmpty()) {
                throw new HostException("apt-get printed '" + line + "', which is not understood", "apt-get", 0);
            }
            int colon = name.indexOf(':');
            packages.add(new AptPackage(
                    colon < 0 ? name : name.substring(0, colon),
                    line.substring(open + 1, blank),
                    line.substring(bracket + 2, close)));
        }
        packages.sort((a, b) -> a.name().compareTo(b.name()));
        return packages;
    }

    /**
     * Downloads what is missing from the archives directory; apt checks it against its signed lists.
     *
     * @return apt's output, for the caller to judge
     */
    Output download(AptRequest request, Path status, Path lists) {
        return install(request, status, lists, "--download-only");
    }

    /**
     * {@return where packages of a {@code file:} source are, by name; apt uses those in place and downloads nothing}
     *
     * @param request the packages
     * @param status the dpkg status file
     * @param lists the package lists to use
     */
    Map<String, Path> localFiles(AptRequest request, Path status, Path lists) {
        Map<String, Path> files = new HashMap<>();
        for (String line : install(request, status, lists, "--print-uris").lines()) {
            int end = line.indexOf('\'', 1);
            if ((line.startsWith("'file:") || line.startsWith("'copy:")) && end > 0) {
                Path file = Path.of(
                        java.net.URLDecoder.decode(line.substring(6, end).replace("+", "%2B"), StandardCharsets.UTF_8));
                String name = line.substring(Math.min(line.length(), end + 2));
                int underscore = name.indexOf('_');
                if (underscore > 0) {
                    files.put(name.substring(0, underscore), file);
                }
            }
        }
        return files;
    }

    /**
     * Fetches fresh package lists into our own lists directory.
     *
     * @throws HostException if no list could be had
     */
    void update() {
        progress.step("fetching package lists", -1);
        Output output = run("apt-get", directories.emptyStatus(), directories.ownLists(), List.of("update"));
        // One broken source of several is common and not our concern, as long as there is a list to go by.
        if (!AptDirectories.hasLists(directories.ownLists())) {
            String error = output.first("E: ");
            throw new HostException(
                    "cannot fetch package lists: "
                            + (error.isEmpty() ? "no source is configured in /etc/apt" : error)
                            + "; check that 'apt-get update' works on this machine",
                    "apt-get",
                    0);
        }
    }

    private Output install(AptRequest request, Path status, Path lists, String how) {
        List<String> arguments = new ArrayList<>(List.of(
                how,
                "--yes",
                "--no-install-recommends",
                // Without it a name that does not exist is taken as a regular expression.
                "--option=APT::Cmd::Pattern-Only=true",
                "install",
                "--"));
        arguments.addAll(request.packages());
        return run("apt-get", status, lists, arguments);
    }

    /** Runs one of apt's programs with its directories redirected. */
    Output run(String program, Path status, Path lists, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                program,
                "-oDir::State=" + directories.state(),
                "-oDir::State::lists=" + lists,
                "-oDir::State::status=" + status,
                "-oDir::State::extended_states=" + directories.state().resolve("extended_states"),
                "-oDir::Cache=" + directories.home(),
                "-oDir::Cache::archives=" + directories.archives(),
                // Some Debian container images switch these off; parsing the lists anew costs half a second a run.
                "-oDir::Cache::pkgcache=pkgcache.bin",
                "-oDir::Cache::srcpkgcache=srcpkgcache.bin",
                "-oDir::Log=" + directories.state(),
                // Ours is the only apt on these directories: the caller holds a lock of its own.
                "-oDebug::NoLocking=true",
                "-oAPT::Architecture=amd64",
                "-oAPT::Architectures=amd64",
                "-oAPT::Install-Recommends=false",
                "-oAPT::Get::AllowUnauthenticated=false",
                "-oAPT::Keep-Downloaded-Packages=true",
                "-q"));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        // Its messages are read by program, so they must not be translated.
        builder.environment().put("LC_ALL", "C");
        builder.environment().remove("LANGUAGE");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new UserException("apt: images are made by the machine's own apt-get, which cannot be started here; "
                    + "use a Debian or Ubuntu machine, or an image from a registry or a file");
        }
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            List<String> lines = new ArrayList<>();
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
                progress.line(line);
            }
            return new Output(List.copyOf(lines), process.waitFor());
        } catch (IOException e) {
            throw new HostException("cannot read what " + program + " prints: " + AptFailure.reason(e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HostException("interrupted while " + program + " was running", e);
        } finally {
            process.destroy();
        }
    }
}
