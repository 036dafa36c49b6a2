package belljar.kvm;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Caller;
import belljar.linux.Errno;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.machine.GuestMemory;
import java.nio.ByteBuffer;

/**
 * The host's /dev/kvm (Documentation/virt/kvm/api.rst in Linux' source, section 4). One serves any number of machines.
 * Safe for use by several threads.
 */
public final class Kvm implements AutoCloseable {
    /** Where the device is. */
    static final String DEVICE = "/dev/kvm";

    private static final int API_VERSION = 12;
    private static final int MOST_CPUID_ENTRIES = 256;
    private static final int CPUID_ENTRY = 40;
    private static final long O_RDWR_CLOEXEC = 0x80002;
    private static final int AT_FDCWD = -100;

    /** Capabilities that cannot be done without, by number and name. */
    private static final Object[][] NEEDED = {
        {3, "KVM_CAP_USER_MEMORY"},
        {7, "KVM_CAP_EXT_CPUID"},
        {16, "KVM_CAP_SYNC_MMU"},
        {22, "KVM_CAP_USER_NMI"},
        {41, "KVM_CAP_VCPU_EVENTS"},
        {50, "KVM_CAP_DEBUGREGS"},
        {55, "KVM_CAP_XSAVE"},
        {61, "KVM_CAP_GET_TSC_KHZ"},
        {136, "KVM_CAP_IMMEDIATE_EXIT"},
        {Ioctl.CAP_X86_USER_SPACE_MSR, "KVM_CAP_X86_USER_SPACE_MSR"},
        {189, "KVM_CAP_X86_MSR_FILTER"},
    };

    private final Caller kernel;
    private final int fd;
    private final int runSize;
    private final byte[] supportedCpuid;

    private Kvm(Caller kernel, int fd, int runSize) {
        this.kernel = kernel;
        this.fd = fd;
        this.runSize = runSize;
        this.supportedCpuid = readSupportedCpuid();
    }

    /**
     * Opens KVM.
     *
     * @return the door to it
     * @throws UserException if the host has no KVM or this user may not use it
     * @throws HostException if it is too old or broken
     */
    public static Kvm open() {
        return open(HostKernel.INSTANCE, DEVICE);
    }

    static Kvm open(Caller kernel, String path) {
        long result;
        try (Memory memory = kernel.lend()) {
            result = kernel.call(Nr.OPENAT, AT_FDCWD, memory.string(path), O_RDWR_CLOEXEC);
        }
        if (result < 0) {
            throw refused(path, (int) -result);
        }
        int fd = (int) result;
        try {
            long version = kernel.call(Nr.IOCTL, fd, Ioctl.GET_API_VERSION);
            if (version != API_VERSION) {
                throw new HostException(
                        path + " is not KVM of API version " + API_VERSION
                                + ", which Linux has had since 2.6.22; use --engine translator on this host",
                        "ioctl",
                        version < 0 ? (int) -version : 0);
            }
            for (Object[] capability : NEEDED) {
                if (kernel.call(Nr.IOCTL, fd, Ioctl.CHECK_EXTENSION, (Integer) capability[0]) <= 0) {
                    throw new HostException(
                            "this host's KVM lacks " + capability[1]
                                    + "; run Linux 5.10 or later, or use --engine translator",
                            "ioctl",
                            0);
                }
            }
            int size = (int) Errno.check(
                    "ioctl", "ask KVM for the size of a CPU", kernel.call(Nr.IOCTL, fd, Ioctl.GET_VCPU_MMAP_SIZE));
            return new Kvm(kernel, fd, size);
        } catch (RuntimeException e) {
            kernel.call(Nr.CLOSE, fd);
            throw e;
        }
    }

    private static RuntimeException refused(String path, int errno) {
        String or = ", or use --engine translator, which needs no KVM";
        return switch (errno) {
            case Errno.ENOENT ->
                new UserException("this host has no " + path
                        + "; load the kernel module kvm_intel or kvm_amd and give this container or machine the device"
                        + or);
            case Errno.EACCES, Errno.EPERM ->
                new UserException(
                        "this user may not open " + path + "; join the group that owns it, kvm as a rule" + or);
            case Errno.ENODEV, Errno.ENXIO ->
                new UserException(path + " has no KVM behind it; enable virtualization in the firmware and load the"
                        + " kernel module kvm_intel or kvm_amd" + or);
            default -> Errno.failure("openat", "cannot open " + path + or, -errno);
        };
    }

    /**
     * Makes a machine.
     *
     * @param memory its memory, outside the heap; it must stay as long as the machine
     * @return the machine, without CPUs
     * @throws HostException if KVM fails
     */
    public KvmMachine create(GuestMemory memory) {
        return KvmMachine.create(this, memory);
    }

    Caller kernel() {
        return kernel;
    }

    /** {@return bytes of a CPU's shared pages} */
    int runSize() {
        return runSize;
    }

    /** {@return whether KVM has a capability that can be done without} */
    boolean has(int capability) {
        return kernel.call(Nr.IOCTL, fd, Ioctl.CHECK_EXTENSION, capability) > 0;
    }

    /** {@return the new machine's descriptor} */
    int createMachine() {
        long result;
        do {
            result = kernel.call(Nr.IOCTL, fd, Ioctl.CREATE_VM, 0);
            // A signal may come while the kernel waits for a grace period.
        } while (result == -Errno.EINTR);
        if (result == -Errno.EBUSY) {
            throw new HostException(
                    "another hypervisor on this host has the processor's virtualization; stop it, or use --engine"
                            + " translator",
                    "ioctl",
                    Errno.EBUSY);
        }
        return (int) Errno.check("ioctl", "cannot make a virtual machine in KVM", result);
    }

    /** {@return the entries of KVM_GET_SUPPORTED_CPUID, each a struct kvm_cpuid_entry2} */
    byte[] supportedCpuid() {
        return supportedCpuid;
    }

    private byte[] readSupportedCpuid() {
        try (Memory memory = kernel.lend()) {
            long list = memory.allocate(8 + MOST_CPUID_ENTRIES * CPUID_ENTRY);
            memory.putInt(list, MOST_CPUID_ENTRIES);
            Errno.check(
                    "ioctl",
                    "ask KVM what its processor can do",
                    kernel.call(Nr.IOCTL, fd, Ioctl.GET_SUPPORTED_CPUID, list));
            byte[] entries = new byte[memory.getInt(list) * CPUID_ENTRY];
            ByteBuffer bytes = memory.bytes();
            bytes.get(memory.offset(list) + 8, entries);
            return entries;
        }
    }

    /** Closes the device. Machines made of it live on. */
    @Override
    public void close() {
        kernel.call(Nr.CLOSE, fd);
    }
}
