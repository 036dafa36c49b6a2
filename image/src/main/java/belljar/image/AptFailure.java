package belljar.image;

import belljar.failure.BelljarException;
import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Turns what a failed apt printed into one sentence that names the package at fault and the mend. */
final class AptFailure {
    private final AptTool tool;
    private final AptRequest request;
    private final Path status;
    private final Path lists;

    AptFailure(AptTool tool, AptRequest request, Path status, Path lists) {
        this.tool = tool;
        this.request = request;
        this.status = status;
        this.lists = lists;
    }

    /**
     * {@return the failure to throw}
     *
     * @param output what apt printed
     */
    BelljarException of(AptTool.Output output) {
        String unknown = output.first("E: Unable to locate package ");
        if (!unknown.isEmpty()) {
            return new UserException("there is no package '" + unknown + "' in this machine's Debian archive"
                    + suggestion(unknown) + " (its lists are refreshed by 'apt-get update')");
        }
        String versioned = output.first("E: Version ");
        if (!versioned.isEmpty()) {
            String[] parts = versioned.split("'", -1);
            String version = parts.length > 3 ? parts[1] : "";
            String name = parts.length > 3 ? parts[3] : "";
            return new UserException("package '" + name + "' has no version '" + version
                    + "' in this machine's Debian archive; 'apt-cache policy " + name + "' lists those it has");
        }
        String candidate = output.first("E: Package '");
        if (candidate.contains("' has no installation candidate")) {
            return virtual(candidate.substring(0, candidate.indexOf('\'')), output.lines());
        }
        if (isUnmet(output)) {
            return new UserException("'" + request.name() + "' cannot be made, since its packages do not go together: "
                    + unmet(output.lines()));
        }
        String error = output.first("E: ");
        return new HostException(
                "apt-get failed on '" + request.name() + "': "
                        + (error.isEmpty() ? "it ended with exit code " + output.exit() : error),
                "apt-get",
                0);
    }

    /** {@return whether the output says that the packages cannot be installed together, or not on what is there} */
    static boolean isUnmet(AptTool.Output output) {
        return output.has("The following packages have unmet dependencies");
    }

    /** {@return whether the output says that a file of the lists is gone from the server: the lists are too old} */
    static boolean isStale(AptTool.Output output) {
        return output.lines().stream()
                .anyMatch(line -> line.startsWith("E: Failed to fetch")
                        && (line.contains(" 404 ")
                                || line.contains("Hash Sum mismatch")
                                || line.contains("unexpected size")));
    }

    /**
     * {@return why a file operation failed, in words}
     *
     * @param e what the JDK threw, whose message is often the file's name alone
     */
    static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "there is no such file";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        String message = e instanceof FileSystemException system ? system.getReason() : e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    private BelljarException virtual(String name, List<String> lines) {
        List<String> providers = new ArrayList<>();
        boolean here = false;
        for (String line : lines) {
            if (line.startsWith("Package " + name + " is a virtual package")) {
                here = true;
            } else if (here && line.startsWith("  ")) {
                String provider = line.strip();
                int blank = provider.indexOf(' ');
                providers.add(blank < 0 ? provider : provider.substring(0, blank));
            } else {
                here = false;
            }
        }
        return new UserException(
                providers.isEmpty()
                        ? "package '" + name + "' is mentioned in this machine's Debian archive but not offered by it"
                        : "'" + name + "' is a virtual package; name one that provides it: "
                                + String.join(", ", providers.subList(0, Math.min(6, providers.size()))));
    }

    private static String unmet(List<String> lines) {
        List<String> details = new ArrayList<>();
        boolean here = false;
        for (String line : lines) {
            if (line.startsWith("The following packages have unmet dependencies")) {
                here = true;
            } else if (here && line.startsWith(" ")) {
                details.add(line.strip().replaceAll(" +", " ").replace(" : ", ": "));
            } else {
                here = false;
            }
        }
        return details.isEmpty() ? "apt gives no detail" : String.join("; ", details);
    }

    private String suggestion(String unknown) {
        List<String> names =
                tool.run("apt-cache", status, lists, List.of("pkgnames")).lines();
        List<String> near = nearest(unknown, names);
        return near.isEmpty() ? "" : "; did you mean " + String.join(" or ", near) + "?";
    }

    /**
     * {@return at most three names that differ from the given one by at most two edits, nearest first}
     *
     * @param name what was asked for
     * @param names what there is
     */
    static List<String> nearest(String name, List<String> names) {
        List<List<String>> byDistance = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (String each : names) {
            if (Math.abs(each.length() - name.length()) <= 2) {
                int distance = distance(name, each);
                if (distance <= Math.min(2, name.length() / 3)) {
                    byDistance.get(distance).add(each);
                }
            }
        }
        return byDistance.stream()
                .flatMap(each -> each.stream().sorted())
                .limit(3)
                .toList();
    }

    /** Levenshtein's distance by rows. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, 1 + Math.min(row[j - 1], row[j]));
            }
        }
        return row[b.length()];
    }
}
