package belljar.kvm;

import belljar.failure.BelljarException;
import belljar.machine.LocalApic;
import belljar.machine.StartState;
import belljar.machine.StateReader;
import belljar.machine.StateStream;
import belljar.machine.StateWriter;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/** A guest on a machine of KVM that is stopped, and goes on there or on another one. */
final class Carried implements AutoCloseable {
    final Guest guest = new Guest();
    final List<KvmCpu> cpus = new ArrayList<>();
    final List<LocalApic> apics = new ArrayList<>();
    final KvmMachine machine;
    private final Kvm kvm;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /** {@return this host's KVM; without it the test is skipped, with the reason} The caller closes it. */
    static Kvm openKvm() {
        try {
            return Kvm.open();
        } catch (BelljarException e) {
            throw new TestAbortedException(e.getMessage(), e);
        }
    }

    /** Makes one that has not begun. */
    Carried(Kvm kvm, String program, int count) {
        this.kvm = kvm;
        StartState start = guest.put(program, true);
        machine = kvm.create(guest.memory);
        for (int i = 0; i < count; i++) {
            LocalApic apic = new LocalApic(i, guest.clock, guest.interrupts);
            apics.add(apic);
            cpus.add(
                    i == 0
                            ? machine.boot(guest.host(), apic, start, guest::shutDown)
                            : machine.another(guest.host(), apic, guest::shutDown));
        }
        cpus.forEach(guest::add);
    }

    /** Has its CPUs run, each on a new thread. */
    void go() {
        guest.clock.resume();
        for (KvmCpu cpu : cpus) {
            Thread thread = Thread.ofPlatform().unstarted(cpu::run);
            thread.setUncaughtExceptionHandler((where, what) -> {
                failure.compareAndSet(null, what);
                guest.end();
            });
            threads.add(thread);
        }
        threads.forEach(Thread::start);
    }

    /** Waits until they have ended, and has the time stand still. */
    void await() throws InterruptedException {
        boolean late = false;
        for (Thread thread : threads) {
            thread.join(10_000);
            late |= thread.isAlive();
            if (late) {
                cpus.forEach(KvmCpu::stop);
                thread.join();
            }
        }
        threads.clear();
        guest.clock.pause();
        Throwable failed = failure.get();
        if (failed != null) {
            throw new AssertionError(failed);
        }
        if (late) {
            throw new AssertionError("never ended; it has told " + guest.results);
        }
    }

    /** Stops it. */
    void stop() throws InterruptedException {
        cpus.forEach(KvmCpu::stop);
        await();
    }

    private void transfer(StateStream state) {
        guest.clock.transfer(state);
        apics.forEach(apic -> apic.transfer(state));
        cpus.forEach(cpu -> cpu.transfer(state));
    }

    byte[] save() {
        StateWriter state = new StateWriter();
        transfer(state);
        return state.toBytes();
    }

    void load(byte[] saved) {
        guest.clock.pause();
        StateReader state = new StateReader("/snap", saved);
        transfer(state);
        state.end();
    }

    /** {@return another machine that goes on as this one, which is closed} */
    Carried carry() {
        byte[] saved = save();
        Carried other = new Carried(kvm, "90 | nop", cpus.size());
        MemorySegment.copy(guest.memory.bytes(), 0, other.guest.memory.bytes(), 0, guest.memory.size());
        other.guest.results.addAll(guest.results);
        other.load(saved);
        close();
        return other;
    }

    @Override
    public void close() {
        machine.close();
        guest.close();
    }
}
