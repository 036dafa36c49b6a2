package belljar.kvm;

import belljar.failure.BugException;
import belljar.failure.HostException;
import belljar.linux.Caller;
import belljar.linux.Errno;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.machine.GuestMemory;
import belljar.machine.LocalApic;
import belljar.machine.StartState;
import belljar.translator.CpuHost;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A machine in the kernel: its memory and its CPUs. Its memory is registered before anything else, because since Linux
 * 6.13 a change of memory after a device was registered waits for a grace period of many milliseconds.
 */
public final class KvmMachine implements AutoCloseable {
    private static final int MSR_APIC_BASE = 0x1B;
    private static final int MSR_FILTER_SIZE = 392;
    private static final int EXITS_UNKNOWN_INVALID_FILTERED = 7;

    /**
     * What is enabled where KVM has it: to have back instructions that it cannot emulate, in user mode too, and to see
     * exceptions that are on their way as a whole.
     */
    private static final int[] WELCOME = {
        Ioctl.CAP_EXIT_ON_EMULATION_FAILURE, Ioctl.CAP_EXCEPTION_PAYLOAD, Ioctl.CAP_X86_TRIPLE_FAULT_EVENT,
    };

    /** Three pages below 4 GiB that KVM takes on Intel's processors for its own use. */
    private static final long TSS_ADDRESS = 0xFFFB_D000L;

    private static final long IDENTITY_MAP_ADDRESS = 0xFFFB_C000L;

    private final Kvm kvm;
    private final Caller kernel;
    private final GuestMemory memory;
    private final int fd;
    private final List<KvmCpu> cpus = new ArrayList<>();
    private @Nullable KvmTime time;
    private boolean closed;

    private KvmMachine(Kvm kvm, GuestMemory memory, int fd) {
        this.kvm = kvm;
        this.kernel = kvm.kernel();
        this.memory = memory;
        this.fd = fd;
    }

    static KvmMachine create(Kvm kvm, GuestMemory memory) {
        if (!memory.bytes().isNative()) {
            throw new BugException("a machine's memory on the heap cannot be shown to KVM", null);
        }
        KvmMachine machine = new KvmMachine(kvm, memory, kvm.createMachine());
        try {
            machine.setUp();
        } catch (RuntimeException e) {
            machine.close();
            throw e;
        }
        return machine;
    }

    private void setUp() {
        control(Ioctl.SET_TSS_ADDR, TSS_ADDRESS, "give KVM its own pages");
        try (Memory lent = kernel.lend()) {
            long identity = lent.allocate(8);
            lent.putLong(identity, IDENTITY_MAP_ADDRESS);
            control(Ioctl.SET_IDENTITY_MAP_ADDR, identity, "give KVM its own pages");
            slot(lent, 0, 0, 0, memory.lowSize());
            if (memory.highSize() > 0) {
                slot(lent, 1, GuestMemory.HIGH_BASE, memory.lowSize(), memory.highSize());
            }
            enable(lent, Ioctl.CAP_X86_USER_SPACE_MSR, EXITS_UNKNOWN_INVALID_FILTERED);
            for (int capability : WELCOME) {
                if (kvm.has(capability)) {
                    enable(lent, capability, 1);
                }
            }
            filter(lent);
        }
    }

    private void slot(Memory lent, int number, long physical, long offset, long size) {
        long region = lent.allocate(32);
        lent.putInt(region, number);
        lent.putLong(region + 8, physical);
        lent.putLong(region + 16, size);
        lent.putLong(region + 24, memory.bytes().address() + offset);
        control(Ioctl.SET_USER_MEMORY_REGION, region, "show KVM " + (size >> 20) + " MiB of a machine's memory");
    }

    private void enable(Memory lent, int capability, long argument) {
        long request = lent.allocate(Ioctl.ENABLE_CAP_SIZE);
        lent.putInt(request, capability);
        lent.putLong(request + 8, argument);
        control(Ioctl.ENABLE_CAP, request, "enable KVM's capability " + capability);
    }

    /** The APIC's base and deadline, which KVM would keep for itself, are denied to the guest, and so come here. */
    private void filter(Memory lent) {
        long bitmap = lent.allocate(8);
        long filter = lent.allocate(MSR_FILTER_SIZE);
        lent.putInt(filter + 8, 3); // for reading and writing
        lent.putInt(filter + 12, 1);
        lent.putInt(filter + 16, MSR_APIC_BASE);
        lent.putLong(filter + 24, bitmap);
        lent.putInt(filter + 32, 3);
        lent.putInt(filter + 36, 1);
        lent.putInt(filter + 40, LocalApic.MSR_TSC_DEADLINE);
        lent.putLong(filter + 48, bitmap);
        control(Ioctl.SET_MSR_FILTER, filter, "have KVM leave the APIC's base alone");
    }

    private void control(long request, long argument, String what) {
        Errno.check("ioctl", "cannot " + what, kernel.call(Nr.IOCTL, fd, request, argument));
    }

    /**
     * Makes the first CPU.
     *
     * @param host what it is connected to; its memory is this machine's
     * @param apic its local APIC, whose id is 0
     * @param start where it begins
     * @param shutdown what happens when the guest has left it no way to go on; from the thread of any of the CPUs
     * @return the CPU; it goes with the machine
     * @throws HostException if KVM fails
     */
    public KvmCpu boot(CpuHost host, LocalApic apic, StartState start, Runnable shutdown) {
        KvmCpu cpu = cpu(host, apic, shutdown);
        cpu.start(start);
        return cpu;
    }

    /**
     * Makes a further CPU, which waits for a start-up interrupt.
     *
     * @param host what it is connected to
     * @param apic its local APIC, whose id is its number
     * @param shutdown see {@link #boot}
     * @return the CPU; it goes with the machine
     * @throws HostException if KVM fails
     */
    public KvmCpu another(CpuHost host, LocalApic apic, Runnable shutdown) {
        KvmCpu cpu = cpu(host, apic, shutdown);
        cpu.awaitStartup();
        return cpu;
    }

    private KvmCpu cpu(CpuHost host, LocalApic apic, Runnable shutdown) {
        int number = (int) Errno.check(
                "ioctl", "cannot make a virtual CPU in KVM", kernel.call(Nr.IOCTL, fd, Ioctl.CREATE_VCPU, apic.id()));
        KvmTime shared = time;
        if (shared == null) {
            shared = new KvmTime(kernel, fd, number, host.clock());
            time = shared;
        } else {
            shared.add(number);
        }
        KvmCpu cpu = KvmCpu.of(kvm, number, host, apic, shared, shutdown);
        cpus.add(cpu);
        return cpu;
    }

    /** Frees the machine and its CPUs, none of which may be running. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            for (KvmCpu cpu : cpus) {
                cpu.close();
            }
            kernel.call(Nr.CLOSE, fd);
        }
    }
}
