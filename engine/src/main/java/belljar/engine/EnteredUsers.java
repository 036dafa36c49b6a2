package belljar.engine;

import belljar.failure.UserException;
import belljar.sandbox.MountSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Users whom the image does not know: the container gets copies of the image's users files with more lines, as in
 * Podman, since many programs want a name for whoever they run as. An image without these files gets none.
 */
final class EnteredUsers {
    private static final int UID = 2;
    private static final int GID = 3;

    private EnteredUsers() {}

    /**
     * {@return the files to mount in place of the image's; none where these do}
     *
     * @param entries who is to be entered
     * @param image the image's users
     * @param user whom the first process runs as
     * @param home what becomes the home directory of a user whom the image does not know
     * @param files where the container's own files are written
     * @param readonly whether the container may only read them
     * @throws UserException if the host does not know one of the users to be entered
     */
    static List<MountSpec> files(
            UserEntries entries, Users image, Users.User user, String home, Path files, boolean readonly) {
        if (image.passwd().isEmpty()) {
            return List.of();
        }
        StringBuilder passwd = new StringBuilder();
        for (String name : entries.hostUsers()) {
            addHostUser(passwd, image, name);
        }
        String uid = Integer.toString(user.uid());
        String gid = Integer.toString(user.gid());
        String group = "";
        if (enters(entries, image, user)) {
            boolean entered = !new Users(passwd.toString(), "").entry(uid).isEmpty();
            passwd.append(entered ? "" : line(entries.entry(), uid, gid, home));
            boolean nameless = !image.group().isEmpty() && !image.knowsGroup(gid, user.gid());
            group = nameless ? gid + ":x:" + gid + ":" + uid + "\n" : "";
        }
        List<String> options = readonly ? List.of("bind", "rprivate", "ro") : List.of("bind", "rprivate");
        List<MountSpec> mounts = new ArrayList<>(2);
        if (!passwd.isEmpty()) {
            mounts.add(KeptUser.file(
                    files.resolve("passwd"),
                    KeptUser.append(image.passwd(), passwd.toString()),
                    "/etc/passwd",
                    options));
        }
        if (!group.isEmpty()) {
            mounts.add(KeptUser.file(
                    files.resolve("group"), KeptUser.append(image.group(), group), "/etc/group", options));
        }
        return mounts;
    }

    private static boolean enters(UserEntries entries, Users image, Users.User user) {
        return entries.own()
                && !image.passwd().isEmpty()
                && image.entry(Integer.toString(user.uid())).isEmpty();
    }

    /** {@return the user with the home directory of the line that is entered, where one is} */
    static Users.User atHome(UserEntries entries, Users image, Users.User user, String home) {
        return enters(entries, image, user) ? new Users.User(user.uid(), user.gid(), user.groups(), home) : user;
    }

    private static void addHostUser(StringBuilder passwd, Users image, String name) {
        List<String> user = new Users(SmallFile.readWhole("/etc/passwd"), "").entry(name);
        if (user.isEmpty()) {
            throw new UserException("--hostuser '" + name + "' is no user of this host; name one of its /etc/passwd");
        }
        boolean known = !image.entry(user.get(0)).isEmpty()
                || !image.entry(user.get(UID)).isEmpty();
        if (!known) {
            passwd.append(user.get(0)).append(":*:").append(user.get(UID)).append(':');
            passwd.append(user.get(GID)).append(':').append(user.get(4)).append(":/:/bin/sh\n");
        }
    }

    private static String line(String entry, String uid, String gid, String home) {
        String safe = home.indexOf(':') < 0 && home.indexOf('\n') < 0 ? home : "/";
        if (entry.isEmpty()) {
            return uid + ":*:" + uid + ":" + gid + ":container user:" + safe + ":/bin/sh\n";
        }
        return entry.replace("$USERNAME", uid)
                        .replace("$UID", uid)
                        .replace("$GID", gid)
                        .replace("$NAME", "container user")
                        .replace("$HOME", safe)
                + "\n";
    }
}
