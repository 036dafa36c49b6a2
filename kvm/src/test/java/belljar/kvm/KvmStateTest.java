package belljar.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.BelljarException;
import belljar.failure.UserException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Stops guests of KVM, and has them go on where they were or on another machine. */
final class KvmStateTest {
    private static final long COUNTER = 0x300000;
    private static final long PARAVIRTUAL = 0x300008;

    private @Nullable Kvm kvm;

    @BeforeEach
    void open() {
        kvm = Carried.openKvm();
    }

    @AfterEach
    void close() {
        if (kvm != null) {
            kvm.close();
        }
    }

    private Carried guest(String program, int cpus) {
        return new Carried(Objects.requireNonNull(kvm), program, cpus);
    }

    private List<String> undisturbed(String program) throws InterruptedException {
        try (Carried machine = guest(program, 1)) {
            machine.go();
            machine.await();
            return machine.guest.results;
        }
    }

    /** Runs a program that is stopped again and again, in the middle of accesses to devices or at any other time. */
    private List<String> disturbed(String program, Random random) throws InterruptedException {
        Carried machine = guest(program, 1);
        try {
            while (!machine.guest.hasEnded()) {
                Carried now = machine;
                boolean inAccess = random.nextBoolean();
                AtomicInteger left = new AtomicInteger(inAccess ? 1 + random.nextInt(20) : Integer.MAX_VALUE);
                machine.guest.watcher = () -> {
                    if (left.decrementAndGet() == 0) {
                        now.cpus.getFirst().stop();
                    }
                };
                machine.go();
                if (inAccess) {
                    machine.await();
                } else {
                    Thread.sleep(random.nextInt(4));
                    machine.stop();
                }
                if (!machine.guest.hasEnded() && random.nextBoolean()) {
                    machine = machine.carry();
                }
            }
            return machine.guest.results;
        } finally {
            machine.close();
        }
    }

    private void goesOn(String program, List<String> expected) throws InterruptedException {
        for (int seed = 0; seed < 10; seed++) {
            assertThat(disturbed(program, new Random(seed))).as("seed %d", seed).isEqualTo(expected);
        }
    }

    @Test
    void goesOnAsIfNothingHadBeen() throws InterruptedException {
        List<String> expected = undisturbed(CarriedPrograms.COUNT);
        assertThat(expected).hasSize(60 * 7);
        goesOn(CarriedPrograms.COUNT, expected);
    }

    @Test
    void isInterruptedBehindTheShadowOnly() throws InterruptedException {
        List<String> expected = undisturbed(CarriedPrograms.SHADOW);
        assertThat(expected.subList(0, 6)).containsExactly("1", "40", "0", "2", "40", "0");
        goesOn(CarriedPrograms.SHADOW, expected);
    }

    @Test
    void wakesElsewhereFromItsHalt() throws InterruptedException {
        Carried machine = guest(Programs.TIMER, 1);
        try {
            machine.go();
            while (machine.apics.getFirst().tscDeadline() == 0 && !machine.guest.hasEnded()) {
                Thread.sleep(1);
            }
            // By then it has halted.
            Thread.sleep(20);
            machine.stop();
            machine = machine.carry();
            machine.go();
            machine.await();
            assertThat(machine.guest.results).containsExactly("40", "0", "0", "40", "0");
        } finally {
            machine.close();
        }
    }

    @Test
    void carriesACpuThatWaitsForItsStart() throws InterruptedException {
        Carried machine = guest(Programs.SECOND, 2);
        try {
            machine = machine.carry();
            machine.go();
            machine.await();
            assertThat(machine.guest.results).containsExactly("7");
        } finally {
            machine.close();
        }
    }

    private static long next(Carried machine, long place) throws InterruptedException {
        long before = machine.guest.memory.getLong(place);
        while (machine.guest.memory.getLong(place) == before && !machine.guest.hasEnded()) {
            Thread.sleep(1);
        }
        return machine.guest.memory.getLong(place);
    }

    private void time(boolean carries) throws InterruptedException {
        Carried machine = guest(CarriedPrograms.TIME, 1);
        try {
            machine.go();
            next(machine, COUNTER);
            long began = machine.guest.clock.nanos();
            long counter = next(machine, COUNTER);
            long paravirtual = next(machine, PARAVIRTUAL);
            machine.stop();
            long khz = machine.cpus.getFirst().time().khz();
            Thread.sleep(1500);
            if (carries) {
                machine = machine.carry();
            }
            machine.go();
            long counterThen = next(machine, COUNTER);
            long paravirtualThen = next(machine, PARAVIRTUAL);
            long passed = machine.guest.clock.nanos() - began;
            machine.stop();
            assertThat(counterThen).isGreaterThan(counter);
            assertThat(paravirtualThen).isGreaterThan(paravirtual);
            // What is allowed beyond is for clocks that do not tick quite alike.
            long most = passed + 10_000_000;
            if (machine.cpus.getFirst().time().hasMoved()) {
                assertThat((counterThen - counter) * 1_000_000 / khz).isLessThan(most);
            }
            assertThat(paravirtualThen - paravirtual).isLessThan(most);
        } finally {
            machine.close();
        }
    }

    @Test
    void doesNotNoticeThatItStoodStill() throws InterruptedException {
        time(false);
    }

    @Test
    void doesNotNoticeThatItWasCarried() throws InterruptedException {
        time(true);
    }

    @Test
    void keepsAPriorityThatWasRaisedWhenItIsCalled() throws InterruptedException {
        try (Carried machine = guest(CarriedPrograms.PRIORITY, 1)) {
            machine.go();
            while (!machine.guest.hasEnded()) {
                machine.cpus.getFirst().interrupt();
                Thread.sleep(0, 200_000);
            }
            machine.await();
            assertThat(machine.guest.results).containsExactly("0");
        }
    }

    @Test
    void isSavedAsItWasLoaded() throws InterruptedException {
        Carried machine = guest(CarriedPrograms.COUNT, 2);
        try {
            AtomicInteger left = new AtomicInteger(100);
            Carried first = machine;
            machine.guest.watcher = () -> {
                if (left.decrementAndGet() == 0) {
                    first.cpus.forEach(KvmCpu::stop);
                }
            };
            machine.go();
            machine.await();
            byte[] saved = machine.save();
            machine = machine.carry();
            assertThat(machine.save()).isEqualTo(saved);
        } finally {
            machine.close();
        }
    }

    /** A state of one CPU that has run. */
    private byte[] state() throws InterruptedException {
        try (Carried machine = guest(CarriedPrograms.COUNT, 1)) {
            machine.guest.watcher = () -> machine.cpus.getFirst().stop();
            machine.go();
            machine.await();
            return machine.save();
        }
    }

    private static int find(byte[] in, byte... what) {
        for (int i = 0; i + what.length <= in.length; i++) {
            if (Arrays.equals(in, i, i + what.length, what, 0, what.length)) {
                return i;
            }
        }
        throw new AssertionError("not found");
    }

    private void refuses(byte[] state, String message) {
        try (Carried machine = guest("90 | nop", 1)) {
            assertThatThrownBy(() -> machine.load(state))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining(message);
        }
    }

    @Test
    void namesTheRegisterThatIsRefused() throws InterruptedException {
        byte[] state = state();
        // LSTAR, which is to be canonical.
        int at = find(state, (byte) 0x82, (byte) 0, (byte) 0, (byte) 0xC0, (byte) 0, (byte) 0, (byte) 0, (byte) 0x81);
        state[at + 10] = 0;
        refuses(
                state,
                "the snapshot /snap does not fit this host's KVM: it refuses 0xff00ffff81000000 for the model-specific"
                        + " register 0xc0000082 of virtual CPU 0; restore it on a host like");
    }

    @Test
    void refusesATimeThatWouldGoBack() throws InterruptedException {
        byte[] state = state();
        // Behind the section's name and the frequency.
        int at = find(state, "KVM's time".getBytes(StandardCharsets.US_ASCII)) + 10 + 4;
        state[at + 7] = 0x70;
        try (Carried machine = guest("90 | nop", 1)) {
            boolean refused = false;
            try {
                machine.load(state);
            } catch (UserException e) {
                refused = true;
                assertThat(e).hasMessageContaining("the processor's is behind the one of the guest");
            }
            assertThat(refused).isNotEqualTo(machine.cpus.getFirst().time().hasMoved());
        }
    }

    @Test
    void namesTheAbilityThatIsMissing() throws InterruptedException {
        byte[] state = state();
        // The second entry, that of leaf 1. Bit 12 of ECX is FMA, which no virtual CPU has.
        int at = find(state, new byte[] {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        state[at + 21] |= 1 << 4;
        refuses(state, "does not fit this host's KVM: it lacks bit 12 of ECX of CPUID leaf 0x1;");
    }

    @Test
    void namesTheSegmentsThatAreRefused() throws InterruptedException {
        byte[] state = state();
        // CR0 of a guest that pages, without protected mode, which paging needs.
        int at = find(state, (byte) 0x13, (byte) 0, (byte) 0, (byte) 0x80, (byte) 0, (byte) 0, (byte) 0, (byte) 0);
        state[at] &= ~1;
        refuses(state, "it refuses the segments of virtual CPU 0 (EINVAL)");
    }

    @Test
    void survivesDamagedStates() throws InterruptedException {
        byte[] whole = state();
        Random random = new Random(7);
        for (int i = 0; i < 150; i++) {
            byte[] state = whole.clone();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                state[random.nextInt(state.length)] ^= (byte) (1 << random.nextInt(8));
            }
            try (Carried machine = guest("90 | nop", 1)) {
                boolean loaded = true;
                try {
                    machine.load(state);
                } catch (UserException e) {
                    loaded = false;
                    assertThat(e).hasMessageStartingWith("the snapshot /snap does not fit ");
                }
                if (loaded) {
                    runs(machine);
                }
            }
        }
    }

    /** Runs what may be nonsense; a failure of the host's, told as such, is no failure here. */
    private static void runs(Carried machine) throws InterruptedException {
        machine.go();
        Thread.sleep(2);
        try {
            machine.stop();
        } catch (AssertionError e) {
            assertThat(e).hasCauseInstanceOf(BelljarException.class);
        }
    }
}
