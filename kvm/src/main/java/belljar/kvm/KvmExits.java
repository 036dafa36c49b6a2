package belljar.kvm;

import belljar.machine.Bus;
import belljar.machine.LocalApic;
import belljar.machine.StateStream;
import belljar.translator.CpuHost;

/** Serves what a guest wants of devices and of model-specific registers when KVM leaves it. For the CPU's thread. */
final class KvmExits {
    private static final int PAGE = 4096;

    private static final int IO_DIRECTION = 32;
    private static final int IO_SIZE = 33;
    private static final int IO_PORT = 34;
    private static final int IO_COUNT = 36;
    private static final int IO_DATA = 40;

    private static final int MMIO_ADDRESS = 32;
    private static final int MMIO_DATA = 40;
    private static final int MMIO_LENGTH = 48;
    private static final int MMIO_WRITES = 52;

    private static final int MSR_ERROR = 32;
    private static final int MSR_NUMBER = 44;
    private static final int MSR_VALUE = 48;

    private final KvmRun run;
    private final Bus ports;
    private final Bus bus;
    private final LocalApic apic;
    private final KvmMsrs msrs;

    KvmExits(KvmRun run, CpuHost host, LocalApic apic, KvmMsrs msrs) {
        this.run = run;
        this.ports = host.ports();
        this.bus = host.bus();
        this.apic = apic;
        this.msrs = msrs;
    }

    /** Saves or loads what is kept here. */
    void transfer(StateStream state) {
        msrs.transfer(state);
    }

    /** Serves an access. */
    void serve(int reason) {
        switch (reason) {
            case Ioctl.EXIT_IO -> port();
            case Ioctl.EXIT_MMIO -> memory();
            case Ioctl.EXIT_X86_RDMSR -> {
                boolean known = msrs.read(run.getInt(MSR_NUMBER));
                run.putLong(MSR_VALUE, msrs.value);
                run.putByte(MSR_ERROR, known ? 0 : 1);
            }
            default -> {
                boolean known = msrs.write(run.getInt(MSR_NUMBER), run.getLong(MSR_VALUE));
                run.putByte(MSR_ERROR, known ? 0 : 1);
            }
        }
    }

    /** A string instruction comes as many accesses at once. */
    private void port() {
        boolean writes = run.getByte(IO_DIRECTION) != 0;
        int size = run.getByte(IO_SIZE);
        int port = run.getShort(IO_PORT);
        int count = run.getInt(IO_COUNT);
        long at = run.getLong(IO_DATA);
        for (int i = 0; i < count; i++, at += size) {
            if (writes) {
                ports.write(port, size, run.get(at, size));
            } else {
                run.put(at, size, ports.read(port, size));
            }
        }
    }

    private void memory() {
        long address = run.getLong(MMIO_ADDRESS);
        int length = run.getInt(MMIO_LENGTH);
        boolean writes = run.getByte(MMIO_WRITES) != 0;
        int size = Integer.highestOneBit(length);
        // KVM cuts what crosses a page, so that pieces of 3, 5, 6 or 7 bytes occur; devices know none such.
        for (int done = 0; done < length; done += size) {
            size = Math.min(size, Integer.highestOneBit(length - done));
            if (writes) {
                write(address + done, size, run.get(MMIO_DATA + done, size));
            } else {
                run.put(MMIO_DATA + done, size, read(address + done, size));
            }
        }
    }

    /** The offset in our APIC's page; -1 where it has none there. */
    private long apicOffset(long address) {
        long base = apic.base();
        boolean inMemory = (base & 0xC00) == 0x800;
        long offset = address - (base & -PAGE);
        return inMemory && offset >= 0 && offset < PAGE ? offset : -1;
    }

    private long read(long address, int size) {
        long offset = apicOffset(address);
        return offset >= 0 ? apic.read(offset, size) : bus.read(address, size);
    }

    private void write(long address, int size, long value) {
        long offset = apicOffset(address);
        if (offset >= 0) {
            apic.write(offset, size, value);
        } else {
            bus.write(address, size, value);
        }
    }
}
