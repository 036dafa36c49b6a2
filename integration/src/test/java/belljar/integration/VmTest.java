package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Virtual machines from the command line, with the distribution's own kernel. */
@ExtendWith(LeakCheck.class)
final class VmTest {
    private static final int MEBIBYTE = 1 << 20;

    private final Belljar belljar = Shared.belljar();

    @BeforeEach
    void needsApt() {
        Machine.needs("apt-get");
    }

    /** Makes a disk with a file system that has one file. */
    private static Path disk(String content) throws IOException {
        Path directory = Scratch.directory("vm");
        Path tree = Files.createDirectory(directory.resolve("tree"));
        Files.writeString(tree.resolve("file"), content);
        return Disks.make(directory.resolve("disk.img"), 16 * MEBIBYTE, tree);
    }

    @Test
    void bootsTheDistributionsKernelWithADiskAndGoesOnFromASnapshot() throws IOException {
        Path disk = disk("kept on the disk\n");
        Path snapshot = Scratch.directory("vm-snapshot").resolve("taken");
        try (Guest guest = Guest.run(
                belljar,
                "--name",
                "first",
                "--cpus",
                "2",
                "--balloon",
                "--disk",
                disk + ",rate=64m",
                "--append",
                "quiet")) {
            guest.shows("/root # ");
            guest.type("grep -c ^processor /proc/cpuinfo; uname -s");
            guest.shows("2\r\nLinux\r\n");
            guest.type("mount -t ext4 /dev/vda /mnt && cat /mnt/file; NUMBER=41");
            guest.shows("kept on the disk");
            guest.shows("/root # ");
            assertThat(belljar.good("vm", "ls")).contains("first").contains("512 MiB");
            belljar.good("vm", "balloon", "first", "64m");
            Await.until(
                    "the guest does without memory",
                    () -> belljar.good("vm", "ls").contains(" 64 MiB"));
            refusesTo("cannot do without", "vm", "balloon", "first", "512m");
            refusesTo("there is no machine", "vm", "snapshot", "second", snapshot.toString());
            belljar.good("vm", "snapshot", "--stop", "first", snapshot.toString());
            assertThat(guest.code()).isZero();
        }
        assertThat(belljar.good("vm", "ls", "-q")).isEmpty();
        try (Guest guest = Guest.restore(belljar, snapshot.toString())) {
            guest.type("echo $((NUMBER + 1)) > /mnt/answer && umount /mnt && cat /proc/loadavg | wc -l");
            guest.shows("1\r\n");
            guest.type("poweroff");
            assertThat(guest.code()).isZero();
        }
        assertThat(Program.run("debugfs", "-R", "cat /answer", disk.toString()).good())
                .isEqualTo("42");
        Program.run("e2fsck", "-fn", disk.toString()).good();
        refusesTo("was written to after the snapshot", "vm", "restore", snapshot.toString());
    }

    private void refuses(String what, String... arguments) {
        List<String> words = new ArrayList<>(List.of("vm", "run", "--quiet"));
        words.addAll(List.of(arguments));
        refusesTo(what, words.toArray(new String[0]));
    }

    private void refusesTo(String what, String... words) {
        Program.Result result = belljar.run(words);
        assertThat(result.code()).as(String.join(" ", words)).isEqualTo(125);
        assertThat(result.err()).contains(what).hasLineCount(1);
        assertThat(result.out()).isEmpty();
    }

    @Test
    void refusesWhatCannotBe() throws IOException {
        Path directory = Scratch.directory("vm-bad");
        Path text = Scratch.write(directory.resolve("text"), "this is no kernel, and long enough to be looked at");
        refuses("there is no file " + directory + "/absent", "--kernel", directory + "/absent");
        refuses("kernel", "--kernel", text.toString());
        refuses("--memory", "--kernel", text.toString(), "--memory", "1k");
        refuses("--memory", "--kernel", text.toString(), "--memory", "9999g");
        refuses("--cpus", "--kernel", text.toString(), "--cpus", "0");
        refuses("--engine", "--kernel", text.toString(), "--engine", "magic");
        belljar.good("vm", "kernel", "pull", "--quiet");
        assertThat(belljar.good("vm", "kernel", "ls")).contains("vmlinuz");
        refuses("there is no disk " + directory + "/absent", "--disk", directory + "/absent");
        refuses("is not a file", "--disk", directory.toString());
        refuses("less than one block", "--disk", text.toString());
        refuses("there is no file", "--initrd", directory + "/absent");
        refuses("tap=NAME", "--net", "eth0");
        refuses("hardware address", "--net", "tap=tap9,mac=01:00:00:00:00:00");
        refuses("is not a number", "--disk", text + ",iops=0");
        refuses("gives iops twice", "--disk", text + ",iops=1,iops=2");
        refuses("there is no disk " + text + ",ips=2", "--disk", text + ",ips=2");
        refuses("tap=NAME", "--net", "tap=tap9,speed=1");
        refuses("cannot be a machine's name", "--name", "../up");
        refusesTo("is no snapshot", "vm", "restore", directory.toString());
        refusesTo("there is no machine", "vm", "snapshot", "absent", directory + "/new");
        refuses("CID:PATH", "--vsock", "3");
        refuses("does not fit", "--memory", "16m");
        Path cut = directory.resolve("cut");
        Path kernel =
                Path.of(belljar.good("vm", "kernel", "ls").split("\t", 2)[1].strip());
        Files.write(cut, java.util.Arrays.copyOf(Files.readAllBytes(kernel), MEBIBYTE));
        refuses("is cut off", "--kernel", cut.toString());
        Path disk = disk("");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw");
                FileLock lock = file.getChannel().lock()) {
            assertThat(lock.isValid()).isTrue();
            refuses("is in use by", "--disk", disk.toString());
        }
    }
}
