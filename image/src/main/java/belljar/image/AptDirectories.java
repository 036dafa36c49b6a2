package belljar.image;

import belljar.failure.HostException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;

/**
 * apt's directories, all our own, so that apt neither needs the host's locks nor touches its state. Only the host's
 * package lists are read, where it has any.
 *
 * @param home the directory that holds them, {@code cache/apt} under the engine's root
 * @param hostLists the package lists of the host's apt, which may be missing
 */
record AptDirectories(Path home, Path hostLists) {
    /**
     * {@return the directories under a home, beside the lists that the host's apt keeps}
     *
     * @param home the directory that holds them
     */
    static AptDirectories under(Path home) {
        return new AptDirectories(home, Path.of("/var/lib/apt/lists"));
    }

    /** {@return where downloaded packages are kept} */
    Path archives() {
        return home.resolve("archives");
    }

    /** {@return the package lists of our own, used where the host has none or they are out of date} */
    Path ownLists() {
        return home.resolve("lists");
    }

    Path state() {
        return home.resolve("state");
    }

    Path lock() {
        return home.resolve("lock");
    }

    /** Makes what is missing. */
    void create() {
        try {
            for (Path each : new Path[] {archives(), ownLists(), state()}) {
                Files.createDirectories(each.resolve("partial"));
                // apt downloads as the user _apt where it can, which must be able to reach the directory.
                Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        } catch (IOException e) {
            throw new HostException("cannot make apt's directories under '" + home + "': " + AptFailure.reason(e), e);
        }
    }

    /**
     * {@return the lists to resolve with: the fresher of the host's and our own, judged by the archive's own signed
     * dates that apt puts on the files; our own directory, perhaps empty, where the host has none}
     */
    Path lists() {
        long host = newest(hostLists);
        return host > 0 && host >= newest(ownLists()) ? hostLists : ownLists();
    }

    /** {@return whether a lists directory holds any package list} */
    static boolean hasLists(Path lists) {
        return newest(lists) > 0;
    }

    private static long newest(Path lists) {
        long newest = 0;
        boolean packages = false;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(lists)) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                packages |= name.contains("_Packages") && Files.isReadable(file);
                if (name.endsWith("Release")) {
                    newest = Math.max(newest, Files.getLastModifiedTime(file).toMillis());
                }
            }
        } catch (IOException unreadable) {
            // Lists that cannot be read are as good as none: apt is then asked to fetch its own.
            return 0;
        }
        return packages ? Math.max(newest, 1) : 0;
    }

    /**
     * {@return a dpkg status file that lists the stand-ins}
     *
     * @param requested the names that get no stand-in
     * @param more names that get one, too
     */
    Path status(Collection<String> requested, Collection<String> more) {
        return write(AptStandIns.status(requested, more));
    }

    /** {@return an empty dpkg status file} */
    Path emptyStatus() {
        return write("");
    }

    private Path write(String content) {
        // One file per content, never rewritten: apt's cache of the package lists stays valid as long as its time does.
        Path file = state().resolve("status-" + Integer.toHexString(content.hashCode()));
        try {
            if (!Files.exists(file)) {
                Path fresh = state().resolve("status.new");
                Files.writeString(fresh, content, StandardCharsets.UTF_8);
                Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (IOException e) {
            throw new HostException("cannot write '" + file + "': " + AptFailure.reason(e), e);
        }
        return file;
    }
}
