package belljar.translator;

import belljar.machine.Clock;
import belljar.machine.GuestMemory;
import belljar.machine.StateStream;
import java.time.Instant;

/**
 * The clock that KVM gives its guests (Linux' Documentation/virt/kvm/x86/msr.rst): a page of the guest's memory says
 * how its time stamp counter becomes nanoseconds. So a guest need not measure anything at its start.
 */
final class KvmClock {
    static final int WALL_OLD = 0x11;
    static final int SYSTEM_OLD = 0x12;
    static final int WALL = 0x4b56_4d00;
    static final int SYSTEM = 0x4b56_4d01;

    private final GuestMemory memory;
    private final Clock clock;
    private long wall;
    private long system;

    KvmClock(GuestMemory memory, Clock clock) {
        this.memory = memory;
        this.clock = clock;
    }

    void transfer(StateStream state) {
        wall = state.number(wall);
        system = state.number(system);
    }

    long wall() {
        return wall;
    }

    long system() {
        return system;
    }

    /** Writes the time of day at which the machine started. */
    void wall(long address) {
        wall = address;
        if (!memory.contains(address, 12)) {
            return;
        }
        Instant start = clock.timeOfDay().minusNanos(clock.nanos());
        memory.putInt(address, memory.getInt(address) + 2 & ~1);
        memory.putInt(address + 4, (int) start.getEpochSecond());
        memory.putInt(address + 8, start.getNano());
    }

    /** Describes the time stamp counter, which counts nanoseconds. */
    void system(long value, long tscOffset) {
        system = value;
        long address = value & ~1L;
        if ((value & 1) == 0 || !memory.contains(address, 32)) {
            return;
        }
        int version = memory.getInt(address) & ~1;
        memory.putInt(address, version + 1);
        memory.putLong(address + 8, tscOffset); // the counter at nanosecond 0
        memory.putLong(address + 16, 0);
        memory.putInt(address + 24, 1 << 31); // ticks * 2^31 * 2^1 / 2^32
        memory.putByte(address + 28, 1);
        memory.putByte(address + 29, 1); // the counters of all CPUs agree
        memory.putInt(address, version + 2);
    }
}
