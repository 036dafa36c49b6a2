package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * A disk for virtual machines with a system of Debian's packages on it, made without root's mounts: the files of an
 * image, and a first process that gives a shell on the console.
 */
final class DebianDisk {
    /** What has the kernel start {@link #BEGIN}. */
    private static final String BOOT = "root=/dev/vda rw init=/begin quiet";

    /** What the shell on the console shows when it waits for a line. */
    private static final String PROMPT = "(none):/# ";

    private static final long SIZE = 1L << 30;
    private static final String BEGIN = """
            #!/bin/bash
            export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
            mount -t proc proc /proc
            mkdir -p /dev/shm
            mount -t tmpfs shm /dev/shm
            mount -t tmpfs tmp /tmp
            exec setsid bash -c 'exec bash -i <>/dev/ttyS0 >&0 2>&1'
            """;

    private final Path directory = Scratch.directory("debian");
    private final Path tree = directory.resolve("tree");

    private DebianDisk() {}

    /** {@return a disk to be, with the files of some packages} */
    static DebianDisk of(Belljar belljar, String packages) throws IOException {
        Machine.needsRoot();
        Machine.needs("mke2fs", "apt-get");
        DebianDisk disk = new DebianDisk();
        String all = "apt:bash,coreutils,mount,util-linux,busybox-static," + packages;
        String container = belljar.good("create", all, "bash").strip();
        belljar.good("cp", container + ":/", disk.tree.toString());
        belljar.good("rm", container);
        disk.with("begin", BEGIN);
        Files.setPosixFilePermissions(disk.tree.resolve("begin"), PosixFilePermissions.fromString("rwxr-xr-x"));
        return disk;
    }

    /** Adds a file. */
    DebianDisk with(String path, String content) {
        Path _ = Scratch.write(tree.resolve(path), content);
        return this;
    }

    /** {@return where its files are before it is made} */
    Path tree() {
        return tree;
    }

    /**
     * Makes the disk, and starts a machine with it.
     *
     * @param belljar what starts it
     * @param more what its kernel's command line has besides
     * @param options options of {@code vm run}
     * @return the machine, whose shell waits for a line
     */
    Guest boot(Belljar belljar, String more, String... options) throws IOException {
        Path image = Disks.make(directory.resolve("disk.img"), SIZE, tree);
        List<String> words = new ArrayList<>(List.of("--memory", "1g", "--disk", image.toString()));
        words.addAll(List.of("--append", BOOT + more));
        words.addAll(List.of(options));
        Guest guest = Guest.run(belljar, words.toArray(new String[0]));
        try {
            guest.shows(PROMPT);
            return guest;
        } catch (AssertionError e) {
            guest.close();
            throw e;
        }
    }

    /** Has a machine with such a disk power off, and expects it to end well. */
    static void end(Guest guest) {
        guest.type("busybox poweroff -f");
        assertThat(guest.code()).isZero();
    }
}
