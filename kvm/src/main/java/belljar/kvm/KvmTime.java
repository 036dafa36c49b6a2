package belljar.kvm;

import belljar.linux.Caller;
import belljar.linux.Errno;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.machine.Clock;
import belljar.machine.StateReader;
import belljar.machine.StateStream;
import belljar.machine.Stateful;
import java.util.ArrayList;
import java.util.List;

/**
 * A machine's time as its guest reads it without leaving KVM: the time stamp counters and KVM's paravirtual clock. Both
 * follow the host's time, also while the machine stands still. So when the last of its CPUs stops they are noted, and
 * when the first runs again they are put where they would be, had they gone by the machine's {@link Clock} meanwhile;
 * all counters by as much, so that they agree as they did.
 *
 * <p>A KVM without hardware cannot move the counters, and its guests read the host's: they see how long they stood, by
 * those counters but not by the paravirtual clock. Safe for use by several threads.
 */
final class KvmTime implements Stateful {
    private static final int MSR_TSC = 0x10;

    /** Frequencies that may be saved, in kHz. */
    private static final int LEAST_KHZ = 1_000;

    private static final int MOST_KHZ = 100_000_000;
    private static final int CLOCK_SIZE = 48;
    private static final int ATTRIBUTE_SIZE = 24;
    private static final long MOST = Long.MAX_VALUE >> 1;

    private final Caller kernel;
    private final int machine;
    private final Clock clock;
    private final List<Integer> cpus = new ArrayList<>();

    /** Whether counters have an offset that can be set (devices/vcpu.rst, 4: since Linux 5.16). */
    private final boolean hasOffsets;

    private int khz;
    /** Whether the counters came to be where they were put last. */
    private boolean moved = true;

    private int running;
    private boolean noted;
    private long counter;
    private long paravirtual;
    private long nanos;

    /**
     * Makes it for a machine that does not run.
     *
     * @param kernel the host's kernel
     * @param machine the machine's descriptor
     * @param first the descriptor of its first CPU
     * @param clock the machine's time
     */
    KvmTime(Caller kernel, int machine, int first, Clock clock) {
        this.kernel = kernel;
        this.machine = machine;
        this.clock = clock;
        this.khz = (int)
                Errno.check("ioctl", "ask KVM for a CPU's frequency", kernel.call(Nr.IOCTL, first, Ioctl.GET_TSC_KHZ));
        try (Memory lent = kernel.lend()) {
            this.hasOffsets = kernel.call(Nr.IOCTL, first, Ioctl.HAS_DEVICE_ATTR, attribute(lent, 0)) >= 0;
        }
        cpus.add(first);
    }

    /** Adds a further CPU. */
    void add(int cpu) {
        cpus.add(cpu);
    }

    /** {@return the frequency of the time stamp counters, in kHz} */
    int khz() {
        return khz;
    }

    /** {@return whether this host's KVM can have the counters stand still with the machine} Known once they were to. */
    synchronized boolean hasMoved() {
        return moved;
    }

    /** {@return ticks of the counters in so many nanoseconds} */
    private long ticks(long time) {
        return time / 1_000_000 * khz + time % 1_000_000 * khz / 1_000_000;
    }

    /** Says that a CPU is about to run. */
    synchronized void enter() {
        if (running == 0 && noted) {
            goOn();
        }
        running++;
    }

    /** Says that a CPU that ran does no more. */
    synchronized void leave() {
        running--;
        if (running == 0) {
            note();
        }
    }

    private void note() {
        try (Memory lent = kernel.lend()) {
            counter = counter(lent, cpus.getFirst());
            paravirtual = paravirtual(lent);
        }
        nanos = clock.nanos();
        noted = true;
    }

    private void goOn() {
        try (Memory lent = kernel.lend()) {
            long passed = Math.max(0, clock.nanos() - nanos);
            long delta = counter + ticks(passed) - counter(lent, cpus.getFirst());
            for (int cpu : cpus) {
                move(lent, cpu, delta);
            }
            // After the counters, since KVM then writes anew what guests read of them.
            setParavirtual(lent, paravirtual + passed);
        }
    }

    private void move(Memory lent, int cpu, long delta) {
        if (hasOffsets) {
            long offset = offset(lent, cpu) + delta;
            setOffset(lent, cpu, offset);
            moved = offset(lent, cpu) == offset;
        } else {
            setCounter(lent, cpu, counter(lent, cpu) + delta);
        }
    }

    /** By how much a CPU's counter is before the first one's. */
    private long ahead(Memory lent, int cpu) {
        int first = cpus.getFirst();
        if (hasOffsets) {
            return offset(lent, cpu) - offset(lent, first);
        }
        long ahead = counter(lent, cpu) - counter(lent, first);
        // What reading takes; guests do not put their counters so close.
        return Math.abs(ahead) < khz ? 0 : ahead;
    }

    private void setAhead(Memory lent, int cpu, long ahead) {
        int first = cpus.getFirst();
        if (hasOffsets) {
            setOffset(lent, cpu, offset(lent, first) + ahead);
        } else {
            setCounter(lent, cpu, counter(lent, first) + ahead);
        }
    }

    /** Saves or loads it, while no CPU runs. */
    @Override
    public synchronized void transfer(StateStream state) {
        state.section("KVM's time");
        if (!state.isLoading() && !noted) {
            note();
        }
        int frequency = state.number(khz, LEAST_KHZ, MOST_KHZ);
        if (state instanceof StateReader reader && frequency != khz) {
            setFrequency(reader, frequency);
        }
        counter = state.number(counter);
        paravirtual = state.number(paravirtual, 0, MOST);
        nanos = state.number(nanos, 0, MOST);
        noted = true;
        try (Memory lent = kernel.lend()) {
            if (state instanceof StateReader reader) {
                setCounter(reader, lent);
            }
            for (int cpu : cpus.subList(1, cpus.size())) {
                long ahead = state.number(state.isLoading() ? 0 : ahead(lent, cpu));
                if (state.isLoading()) {
                    setAhead(lent, cpu, ahead);
                }
            }
        }
    }

    /** A counter that goes back is more than a guest can stand; that one jumps it sees on every busy host. */
    private void setCounter(StateReader reader, Memory lent) {
        int first = cpus.getFirst();
        move(lent, first, counter - counter(lent, first));
        if (counter(lent, first) - counter < 0) {
            throw reader.unfit(
                    "this host's KVM",
                    "it cannot set time stamp counters, and the processor's is behind the one of the guest");
        }
    }

    /** KVM does so where the processor can scale its counter, or where it hardly matters. */
    private void setFrequency(StateReader reader, int frequency) {
        for (int cpu : cpus) {
            if (kernel.call(Nr.IOCTL, cpu, Ioctl.SET_TSC_KHZ, frequency) < 0) {
                throw reader.unfit(
                        "this host's KVM",
                        "its guest counts time at " + frequency + " kHz, and this host's processor at " + khz
                                + " kHz, which cannot be scaled");
            }
        }
        khz = frequency;
    }

    private long counter(Memory lent, int cpu) {
        long list = lent.allocate(24);
        lent.putInt(list, 1);
        lent.putInt(list + 8, MSR_TSC);
        control(cpu, Ioctl.GET_MSRS, list, "read a time stamp counter");
        return lent.getLong(list + 16);
    }

    private void setCounter(Memory lent, int cpu, long value) {
        long list = lent.allocate(24);
        lent.putInt(list, 1);
        lent.putInt(list + 8, MSR_TSC);
        lent.putLong(list + 16, value);
        control(cpu, Ioctl.SET_MSRS, list, "set a time stamp counter");
    }

    /** A {@code struct kvm_device_attr} for KVM_VCPU_TSC_CTRL's only attribute, KVM_VCPU_TSC_OFFSET; both are 0. */
    private static long attribute(Memory lent, long value) {
        long attribute = lent.allocate(ATTRIBUTE_SIZE);
        long at = lent.allocate(8);
        lent.putLong(at, value);
        lent.putLong(attribute + 16, at);
        return attribute;
    }

    private long offset(Memory lent, int cpu) {
        long attribute = attribute(lent, 0);
        control(cpu, Ioctl.GET_DEVICE_ATTR, attribute, "read a time stamp counter's offset");
        return lent.getLong(lent.getLong(attribute + 16));
    }

    private void setOffset(Memory lent, int cpu, long offset) {
        control(cpu, Ioctl.SET_DEVICE_ATTR, attribute(lent, offset), "set a time stamp counter's offset");
    }

    private long paravirtual(Memory lent) {
        long data = lent.allocate(CLOCK_SIZE);
        control(machine, Ioctl.GET_CLOCK, data, "read a machine's clock");
        return lent.getLong(data);
    }

    private void setParavirtual(Memory lent, long value) {
        long data = lent.allocate(CLOCK_SIZE);
        lent.putLong(data, value);
        control(machine, Ioctl.SET_CLOCK, data, "set a machine's clock");
    }

    private void control(int fd, long request, long argument, String what) {
        Errno.check("ioctl", "cannot " + what + " in KVM", kernel.call(Nr.IOCTL, fd, request, argument));
    }
}
