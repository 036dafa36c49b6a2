package belljar.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** An image made on the spot: busybox, two users, and a few files with owners of their own. */
final class SmallImage {
    private SmallImage() {}

    /** Imports it under a name. */
    static void into(Belljar belljar, String name, String... changes) {
        Machine.needsRoot();
        Machine.needs("busybox", "tar");
        Path root = Scratch.directory("small");
        try {
            Files.createDirectories(root.resolve("bin"));
            Files.copy(Path.of("/bin/busybox"), root.resolve("bin/busybox"));
            for (String applet : List.of(
                    "sh", "ls", "cat", "rm", "mkdir", "ln", "sleep", "stat", "chown", "mv", "mkfifo", "id", "true",
                    "touch", "chmod", "test", "find", "sync")) {
                Files.createSymbolicLink(root.resolve("bin/" + applet), Path.of("busybox"));
            }
            Scratch.write(root.resolve("etc/passwd"), "root:x:0:0::/:/bin/sh\napp:x:100:101::/:/bin/sh\n");
            Scratch.write(root.resolve("etc/group"), "root:x:0:\napp:x:101:\n");
            Scratch.write(root.resolve("data/sub/file"), "of the image\n");
            Scratch.write(root.resolve("old/kept"), "kept\n");
            Scratch.write(root.resolve("old/gone"), "gone\n");
            Program.run(
                            "busybox",
                            "chown",
                            "-R",
                            "100:101",
                            root.resolve("data").toString())
                    .good();
            Program.run("busybox", "chmod", "750", root.resolve("data").toString())
                    .good();
            Path archive = root.resolveSibling(root.getFileName() + ".tar");
            Program.run("tar", "-C", root.toString(), "-cf", archive.toString(), ".")
                    .good();
            String[] command = new String[4 + 2 * changes.length];
            command[0] = "import";
            command[1] = "-q";
            for (int i = 0; i < changes.length; i++) {
                command[2 + 2 * i] = "-c";
                command[3 + 2 * i] = changes[i];
            }
            command[command.length - 2] = archive.toString();
            command[command.length - 1] = name;
            belljar.good(command);
            Scratch.remove(root);
            Files.delete(archive);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
