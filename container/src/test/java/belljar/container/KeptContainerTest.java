package belljar.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.GuestException;
import belljar.failure.HostException;
import belljar.linux.Cgroups;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.KeeperSearch;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.sandbox.Container;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.ExitStatus;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Keeping;
import belljar.sandbox.LogTarget;
import belljar.sandbox.Stdio;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@ParameterizedClass(name = "with a keeper made ahead: {0}")
@ValueSource(booleans = {false, true})
final class KeptContainerTest {
    private static final HostKernel HOST = HostKernel.INSTANCE;
    private static final Stdio NONE = new Stdio(-1, -1, -1);

    @Parameter
    boolean ahead;

    @TempDir
    Path dir;

    private final List<String> ids = new ArrayList<>();
    private TestSpecs spec;
    private boolean holdInput;
    private List<String> afterwards = List.of();
    private int claim = -1;
    private long main;
    private long keeper;

    @BeforeEach
    void root() throws IOException {
        spec = TestSpecs.prepare(dir);
    }

    @AfterEach
    void end() throws InterruptedException {
        if (main > 0) {
            kill(main, 9);
            await(() -> !lives(main));
        }
        if (keeper > 0) {
            await(() -> !lives(keeper));
        }
        // A kept container's cgroups are left to whoever settles it.
        for (String id : ids) {
            Cgroups.existing(Cgroups.detect().places(id)).remove();
        }
    }

    private Keeping keeping() {
        return new Keeping(
                claim,
                exitFile().toString(),
                new LogTarget(log().toString(), LogTarget.Format.CRI, 0, 1),
                holdInput,
                afterwards,
                dir.resolve("announced").toString());
    }

    private Path exitFile() {
        return dir.resolve("exit");
    }

    private Path log() {
        return dir.resolve("log");
    }

    private Container create() {
        ContainerSpec built = spec.build();
        ids.add(built.id());
        HostIsolation isolation = new HostIsolation(Cgroups.detect());
        if (!ahead) {
            return isolation.create(built, NONE, keeping());
        }
        try (SpareKeepers ready = isolation.stayReady()) {
            ready.makeAnother();
            long spare = SpareKeepersTest.await(ready);
            Container container = isolation.create(built, NONE, keeping());
            assertThat(container.keeperPid()).isEqualTo(spare);
            return container;
        }
    }

    /** Starts a container and lets it go; gives its keeper's process id. */
    private long start() {
        try (Container container = create()) {
            container.start();
            main = container.pid();
            keeper = container.keeperPid();
            return keeper;
        }
    }

    /** The log's text without times and tags, a line each, with the stream before it. */
    private String output() {
        try {
            StringBuilder text = new StringBuilder();
            for (String line : Files.readAllLines(log())) {
                text.append(line, 31, 37).append(' ').append(line.substring(40)).append('\n');
            }
            return text.toString();
        } catch (IOException e) {
            return "";
        }
    }

    private static void kill(long pid, int signal) {
        HOST.call(Nr.KILL, pid, signal);
    }

    private static boolean lives(long pid) {
        try {
            return !Files.readString(Path.of("/proc/" + pid + "/stat")).contains(") Z ");
        } catch (IOException gone) {
            return false;
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            Thread.sleep(5);
        }
    }

    private ExitStatus awaitExit() throws InterruptedException {
        await(() -> Files.exists(exitFile()));
        return ExitStatus.read(exitFile()).orElseThrow();
    }

    private static String field(long pid, String name) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
            if (line.startsWith(name + ":")) {
                return line.substring(name.length() + 1).strip();
            }
        }
        return "";
    }

    private static void write(Fd fd, String text) {
        try (Memory memory = HOST.lend()) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            assertThat(HOST.call(Nr.WRITE, fd.number(), memory.copy(bytes), bytes.length))
                    .isEqualTo(bytes.length);
        }
    }

    @Test
    void writesTheLogAndTheExitFile() throws Exception {
        spec.shell("echo hello; echo oops >&2; exit 3");
        long before = System.currentTimeMillis();
        try (Container container = create()) {
            container.start();
            keeper = container.keeperPid();
            assertThat(container.waitFor()).isEqualTo(3);
        }
        await(() -> !lives(keeper));
        assertThat(output())
                .contains("stdout hello\n")
                .contains("stderr oops\n")
                .hasLineCount(2);
        assertThat(awaitExit().endedAtMillis()).isBetween(before, System.currentTimeMillis());
    }

    @Test
    void tellsTheSignalThatEndedTheProgram() throws Exception {
        spec.shell("sleep 100");
        start();
        kill(main, 9);
        assertThat(awaitExit().code()).isEqualTo(137);
        assertThat(awaitExit().signal()).isEqualTo(9);
    }

    @Test
    void isTheChildOfAKeeperThatIsNoChildOfOurs() throws Exception {
        holdInput = true;
        spec.shell("cat");
        start();
        assertThat(field(main, "PPid")).isEqualTo(Long.toString(keeper));
        assertThat(field(keeper, "PPid"))
                .isNotEqualTo(Long.toString(ProcessHandle.current().pid()));
        assertThat(field(keeper, "Name")).isEqualTo("belljar-keeper");
        await(() -> KeeperSearch.logger(keeper).isPresent());
        long logger = KeeperSearch.logger(keeper).getAsLong();
        assertThat(field(logger, "PPid")).isEqualTo(Long.toString(keeper));
        // Of this process's descriptors it has none but those that it was given.
        try (var fds = Files.list(Path.of("/proc/" + keeper + "/fd"))) {
            assertThat(fds.map(p -> p.getFileName().toString()))
                    .containsExactlyInAnyOrder("0", "1", "2", "5", "6", "7", "8", "9");
        }
        assertThat(Files.readString(Path.of("/proc/" + main + "/cgroup")))
                .isNotEqualTo(Files.readString(Path.of("/proc/" + keeper + "/cgroup")));
    }

    @Test
    void readsItsInputUntilSomebodyEndsIt() throws Exception {
        holdInput = true;
        spec.shell("cat; echo end");
        start();
        try (Fd input = Keepers.input(keeper).orElseThrow()) {
            write(input, "typed\n");
        }
        await(() -> output().equals("stdout typed\n"));
        assertThat(lives(main)).isTrue();
        Keepers.closeInput(keeper);
        assertThat(awaitExit().code()).isZero();
        await(() -> !lives(keeper));
        assertThat(output()).isEqualTo("stdout typed\nstdout end\n");
    }

    /** Whoever ends the input need not find the logger, which may be just about to be there. */
    @Test
    void hasItsLoggerCloseTheInputWithIt() throws Exception {
        holdInput = true;
        spec.shell("cat; exit 3");
        start();
        kill(keeper, 10);
        assertThat(awaitExit().code()).isEqualTo(3);
    }

    @Test
    void endsItsInputWhileItsLoggerIsBeingStarted() throws Exception {
        holdInput = true;
        spec.shell("cat; exit 3");
        for (int i = 0; i < 30; i++) {
            start();
            if (i % 2 == 0) {
                KeeperSearch.logger(keeper).ifPresent(logger -> kill(logger, 9));
            }
            Keepers.closeInput(keeper);
            assertThat(awaitExit().code()).isEqualTo(3);
            await(() -> !lives(keeper));
            Files.delete(exitFile());
        }
    }

    @Test
    void hasNoInputUnlessItIsHeld() throws Exception {
        spec.shell("cat; echo end; sleep 100");
        start();
        await(() -> output().equals("stdout end\n"));
        assertThat(Keepers.input(keeper)).isEmpty();
    }

    @Test
    void hasATerminal() throws Exception {
        spec.terminal = true;
        holdInput = true;
        spec.shell("tty; read line; stty size; exit 5");
        start();
        await(() -> output().equals("stdout /dev/pts/0\n"));
        try (Fd master = Keepers.input(keeper).orElseThrow()) {
            Keepers.resize(master.number(), 12, 34);
            write(master, "x\n");
        }
        assertThat(awaitExit().code()).isEqualTo(5);
        await(() -> !lives(keeper));
        assertThat(output()).isEqualTo("stdout /dev/pts/0\nstdout x\nstdout 12 34\n");
    }

    @Test
    void startsAnotherLoggerForOneThatWasKilled() throws Exception {
        holdInput = true;
        spec.shell("while read line; do echo got $line; done");
        start();
        StringBuilder expected = new StringBuilder();
        try (Fd input = Keepers.input(keeper).orElseThrow()) {
            for (int i = 0; i < 10; i++) {
                write(input, i + "\n");
                expected.append("stdout got ").append(i).append('\n');
                await(() -> output().contentEquals(expected));
                long logger = KeeperSearch.logger(keeper).orElseThrow();
                kill(logger, 9);
                await(() -> KeeperSearch.logger(keeper).orElse(logger) != logger);
            }
        }
        Keepers.closeInput(keeper);
        assertThat(awaitExit().code()).isZero();
    }

    @Test
    void livesOnWithoutItsKeeperAndIsAdopted() throws Exception {
        holdInput = true;
        spec.shell("while read line; do echo got $line; done; exit 7");
        start();
        kill(keeper, 9);
        await(() -> !lives(keeper));
        assertThat(lives(main)).isTrue();
        OptionalLong adopter = Keepers.adopt(keeper, main, keeping());
        assertThat(KeeperSearch.logger(keeper)).isEmpty();
        try (Fd input = Keepers.input(adopter.orElseThrow()).orElseThrow()) {
            write(input, "one\n");
        }
        await(() -> output().equals("stdout got one\n"));
        // And again: what was adopted can be adopted.
        kill(adopter.getAsLong(), 9);
        await(() -> !lives(adopter.getAsLong()));
        OptionalLong second = Keepers.adopt(adopter.getAsLong(), main, keeping());
        try (Fd input = Keepers.input(second.orElseThrow()).orElseThrow()) {
            write(input, "two\n");
        }
        Keepers.closeInput(second.getAsLong());
        ExitStatus status = awaitExit();
        assertThat(status.known()).isFalse();
        assertThat(status.endedAtMillis()).isPositive();
        await(() -> !lives(second.getAsLong()));
        assertThat(output()).isEqualTo("stdout got one\nstdout got two\n");
    }

    @Test
    void isNotAdoptedWhenItsStreamsAreLost() throws Exception {
        spec.shell("sleep 100");
        start();
        await(() -> KeeperSearch.logger(keeper).isPresent());
        long logger = KeeperSearch.logger(keeper).getAsLong();
        kill(keeper, 9);
        kill(logger, 9);
        await(() -> !lives(keeper) && !lives(logger));
        assertThat(Keepers.adopt(keeper, main, keeping())).isEmpty();
        assertThat(lives(main)).isTrue();
    }

    @Test
    void losesNothingOfMuchOutput() throws Exception {
        spec.shell("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done");
        start();
        assertThat(awaitExit().code()).isZero();
        await(() -> !lives(keeper));
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 20000; i++) {
            expected.append("line ").append(i).append('\n');
        }
        StringBuilder found = new StringBuilder();
        for (String line : Files.readAllLines(log())) {
            found.append(line.substring(40)).append(line.charAt(38) == 'F' ? "\n" : "");
        }
        assertThat(found.toString().contentEquals(expected)).isTrue();
    }

    @Test
    void givesItsMemoryBackWhenTheContainerIsQuiet() throws Exception {
        spec.shell("i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done; sleep 100");
        start();
        await(() -> output().endsWith("stdout line 4999\n"));
        long logger = KeeperSearch.logger(keeper).orElseThrow();
        await(() -> rssKilobytes(logger) <= 32);
        assertThat(rssKilobytes(keeper)).isLessThanOrEqualTo(32);
    }

    /** Pages that the process has, in kB; exact, unlike what status says. */
    private static long rssKilobytes(long pid) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/smaps_rollup"))) {
                if (line.startsWith("Rss:")) {
                    return Long.parseLong(line.substring(4, line.indexOf(" kB")).strip());
                }
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        throw new AssertionError("no Rss of process " + pid);
    }

    @Test
    void becomesWhatComesAfterwardsUnlessSomebodyAnnouncedHimself() throws Exception {
        afterwards = List.of("/bin/sh", "-c", "echo $HOME $$ > " + dir.resolve("after"));
        spec.shell("exit 1");
        start();
        await(() -> !lives(keeper));
        assertThat(dir.resolve("after")).hasContent(System.getenv("HOME") + " " + keeper + "\n");
        Files.delete(dir.resolve("after"));
        Files.createFile(dir.resolve("announced"));
        long second = start();
        await(() -> !lives(second));
        assertThat(dir.resolve("after")).doesNotExist();
    }

    @Test
    void holdsTheClaimUntilTheEnd() throws Exception {
        String path = dir.resolve("claim").toString();
        spec.shell("sleep 100");
        try (Memory memory = HOST.lend();
                Fd ours = new Fd((int) HOST.call(Nr.OPENAT, -100, memory.string(path), 0x80042, 0600))) {
            assertThat(HOST.call(Nr.FLOCK, ours.number(), 6)).isZero();
            claim = ours.number();
            start();
        }
        try (Memory memory = HOST.lend();
                Fd other = new Fd((int) HOST.call(Nr.OPENAT, -100, memory.string(path), 0x80002, 0))) {
            assertThat(HOST.call(Nr.FLOCK, other.number(), 6)).isEqualTo(-11);
            // Not the logger's: who comes next must see that the keeper is dead.
            kill(keeper, 9);
            await(() -> !lives(keeper));
            await(() -> HOST.call(Nr.FLOCK, other.number(), 6) == 0);
            assertThat(KeeperSearch.logger(keeper)).isPresent();
        }
    }

    @Test
    void isGoneWithItsKeeperWhenItIsNotStarted() throws Exception {
        spec.shell("true");
        try (Container container = create()) {
            main = container.pid();
            keeper = container.keeperPid();
            assertThat(lives(keeper)).isTrue();
        }
        assertThat(lives(main)).isFalse();
        assertThat(lives(keeper)).isFalse();
        assertThat(exitFile()).doesNotExist();
    }

    @Test
    void isGoneWithItsKeeperWhenItsProgramCannotRun() throws Exception {
        afterwards = List.of("/bin/touch", dir.resolve("after").toString());
        spec.args = List.of("nothing");
        try (Container container = create()) {
            main = container.pid();
            keeper = container.keeperPid();
            assertThatThrownBy(container::start).isInstanceOf(GuestException.class);
        }
        assertThat(lives(main)).isFalse();
        assertThat(lives(keeper)).isFalse();
        assertThat(KeeperSearch.logger(keeper)).isEmpty();
        assertThat(exitFile()).doesNotExist();
        assertThat(dir.resolve("after")).doesNotExist();
    }

    @Test
    void saysThatTheLogCannotBeOpened() throws Exception {
        Files.createDirectory(log());
        try (Container container = create()) {
            main = container.pid();
            assertThatThrownBy(container::start)
                    .isInstanceOf(HostException.class)
                    .hasMessageStartingWith("open the log " + log());
        }
        assertThat(lives(main)).isFalse();
    }

    @Test
    void worksInAUserNamespaceAndBelowAnInit() throws Exception {
        List<IdMaps.Range> range = List.of(new IdMaps.Range(0, 100_000, 65_536));
        spec.idMaps = new IdMaps(range, range);
        spec.overlay = false;
        spec.readonly = true;
        spec.init = true;
        spec.shell("echo inside; exit 9");
        start();
        assertThat(awaitExit().code()).isEqualTo(9);
        await(() -> !lives(keeper));
        assertThat(output()).isEqualTo("stdout inside\n");
    }

    @Test
    void leavesNothingOpenInThisProcess() throws Exception {
        spec.shell("true");
        start();
        awaitExit();
        long before = descriptors();
        for (int i = 0; i < 3; i++) {
            start();
        }
        assertThat(descriptors()).isEqualTo(before);
    }

    private static long descriptors() throws IOException {
        try (var fds = Files.list(Path.of("/proc/self/fd"))) {
            return fds.count();
        }
    }
}
