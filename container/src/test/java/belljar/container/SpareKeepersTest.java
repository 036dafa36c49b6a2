package belljar.container;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.linux.Cgroups;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.sandbox.Container;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.Keeping;
import belljar.sandbox.LogTarget;
import belljar.sandbox.Stdio;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** When what was made ahead is used, and when it goes. What a container is with it, {@link KeptContainerTest} says. */
@Timeout(60)
final class SpareKeepersTest {
    private static final HostKernel HOST = HostKernel.INSTANCE;
    private static final int RLIMIT_CORE = 4;

    @TempDir
    Path dir;

    private final HostIsolation isolation = new HostIsolation(Cgroups.detect());
    private final List<String> ids = new ArrayList<>();
    private TestSpecs spec;

    @BeforeEach
    void root() throws IOException {
        spec = TestSpecs.prepare(dir);
        spec.shell("sleep 100");
    }

    @AfterEach
    void noCgroupStays() {
        for (String id : ids) {
            Cgroups.existing(Cgroups.detect().places(id)).remove();
        }
    }

    /** Waits for a spare; gives its process id. */
    static long await(SpareKeepers ready) {
        await(() -> ready.pid() != 0);
        return ready.pid();
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            LockSupport.parkNanos(2_000_000);
        }
    }

    private static boolean exists(long pid) {
        return Files.exists(Path.of("/proc/" + pid));
    }

    private Container create() {
        ContainerSpec built = spec.build();
        ids.add(built.id());
        LogTarget log = new LogTarget(dir.resolve("log").toString(), LogTarget.Format.CRI, 0, 1);
        Keeping keeping = new Keeping(-1, dir.resolve("exit").toString(), log, false, List.of(), "");
        return isolation.create(built, new Stdio(-1, -1, -1), keeping);
    }

    private static String namespace(long pid, String name) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/" + name)).toString();
    }

    @Test
    void nothingIsMadeBeforeTheFirstContainer() throws Exception {
        try (SpareKeepers ready = isolation.stayReady()) {
            assertThat(ready.pid()).isZero();
            try (Container first = create()) {
                assertThat(await(ready)).isNotEqualTo(first.keeperPid());
            }
        }
    }

    @Test
    void eachContainerHasAnotherMade() throws Exception {
        try (SpareKeepers ready = isolation.stayReady()) {
            ready.makeAnother();
            for (int i = 0; i < 3; i++) {
                long spare = await(ready);
                try (Container container = create()) {
                    assertThat(container.keeperPid()).isEqualTo(spare);
                }
            }
        }
    }

    @Test
    void theKeeperIsInTheHostsNetworkAndTheContainerInOneOfItsOwn() throws Exception {
        try (SpareKeepers ready = isolation.stayReady()) {
            ready.makeAnother();
            await(ready);
            try (Container container = create()) {
                String host = namespace(ProcessHandle.current().pid(), "net");
                assertThat(namespace(container.keeperPid(), "net")).isEqualTo(host);
                assertThat(namespace(container.pid(), "net")).isNotEqualTo(host);
                String keeper = "/proc/" + container.keeperPid() + "/fd";
                try (Stream<Path> open = Files.list(Path.of(keeper))) {
                    assertThat(open.filter(fd -> isNamespace(fd))).isEmpty();
                }
            }
        }
    }

    private static boolean isNamespace(Path fd) {
        try {
            return Files.readSymbolicLink(fd).toString().startsWith("net:");
        } catch (IOException closed) {
            return false;
        }
    }

    @Test
    void oneThatWasKilledIsNotUsed() throws Exception {
        try (SpareKeepers ready = isolation.stayReady()) {
            ready.makeAnother();
            long spare = await(ready);
            HOST.call(Nr.KILL, spare, 9);
            await(() -> !exists(spare));
            try (Container container = create()) {
                assertThat(container.keeperPid()).isNotEqualTo(spare);
                assertThat(exists(container.keeperPid())).isTrue();
            }
        }
    }

    /** A container inherits the limits of whoever starts it, as they are when it is started. */
    @Test
    void oneMadeUnderOtherLimitsIsNotUsed() throws Exception {
        try (Memory memory = HOST.lend();
                SpareKeepers ready = isolation.stayReady()) {
            long before = memory.allocate(16);
            HOST.call(Nr.PRLIMIT64, 0, RLIMIT_CORE, 0, before);
            long lower = memory.allocate(16);
            memory.putLong(lower, memory.getLong(before) == 0 ? Math.min(1, memory.getLong(before + 8)) : 0);
            memory.putLong(lower + 8, memory.getLong(before + 8));
            ready.makeAnother();
            long spare = await(ready);
            assertThat(HOST.call(Nr.PRLIMIT64, 0, RLIMIT_CORE, lower, 0)).isZero();
            try (Container container = create()) {
                assertThat(container.keeperPid()).isNotEqualTo(spare);
                await(() -> !exists(spare));
            } finally {
                HOST.call(Nr.PRLIMIT64, 0, RLIMIT_CORE, before, 0);
            }
        }
    }

    @Test
    void goesWhenNobodyNeedsIt() throws Exception {
        Set<String> before = descriptors();
        try (SpareKeepers ready = isolation.stayReady(new SpareKeepers(50))) {
            ready.makeAnother();
            long spare = await(ready);
            await(() -> ready.pid() == 0);
            await(() -> !exists(spare));
            assertThat(descriptors()).isEqualTo(before);
            ready.makeAnother();
            await(ready);
        }
    }

    @Test
    void goesWithTheEndOfReadiness() throws Exception {
        Set<String> before = descriptors();
        SpareKeepers ready = isolation.stayReady();
        ready.makeAnother();
        long spare = await(ready);
        ready.close();
        await(() -> !exists(spare));
        ready.makeAnother();
        assertThat(ready.pid()).isZero();
        assertThat(descriptors()).isEqualTo(before);
        ready.makeAnother();
        ready.close();
    }

    private static Set<String> descriptors() throws IOException {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            open.forEach(fd -> names.add(fd.getFileName().toString()));
        }
        return names;
    }
}
