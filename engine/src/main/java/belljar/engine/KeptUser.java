package belljar.engine;

import belljar.sandbox.MountSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The caller as a user of a container that keeps their ids: where the image does not know them, the container gets
 * copies of its users files with one more line, as in Podman.
 *
 * @param users the container's users, the caller among them
 * @param mounts the files that say so
 */
record KeptUser(Users users, List<MountSpec> mounts) {
    /**
     * {@return the caller in a container}
     *
     * @param keep the ids that the caller has there
     * @param image the image's users
     * @param files where the container's own files are written
     * @param home what becomes the caller's home directory
     * @param readonly whether the container may only read the files
     */
    static KeptUser of(IdChoice.KeepId keep, Users image, Path files, String home, boolean readonly) {
        int uid = UserIds.uid(keep);
        int gid = UserIds.gid(keep);
        String user = name(IdMapping.userName(), uid);
        String group = name(IdMapping.groupName(), gid);
        List<String> options = readonly ? List.of("bind", "rprivate", "ro") : List.of("bind", "rprivate");
        List<MountSpec> mounts = new ArrayList<>(2);
        String passwd = image.passwd();
        if (!image.knowsUser(user, uid)) {
            String entry = user + ":*:" + uid + ":" + gid + "::" + (home.indexOf(':') < 0 ? home : "/") + ":/bin/sh\n";
            passwd = append(passwd, entry);
            mounts.add(file(files.resolve("passwd"), passwd, "/etc/passwd", options));
        }
        String groups = image.group();
        if (!image.knowsGroup(group, gid)) {
            groups = append(groups, group + ":x:" + gid + ":\n");
            mounts.add(file(files.resolve("group"), groups, "/etc/group", options));
        }
        return new KeptUser(new Users(passwd, groups), mounts);
    }

    private static String name(String onHost, int id) {
        return onHost.isEmpty() ? Integer.toString(id) : onHost;
    }

    static String append(String lines, String line) {
        return lines.isEmpty() || lines.endsWith("\n") ? lines + line : lines + "\n" + line;
    }

    static MountSpec file(Path path, String content, String destination, List<String> options) {
        NetworkFiles.write(path, content);
        return new MountSpec(destination, "bind", path.toString(), options);
    }
}
