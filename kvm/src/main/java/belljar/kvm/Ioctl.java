package belljar.kvm;

/** Numbers of {@code linux/kvm.h} for x86-64: requests, capabilities, reasons of exits, and where fields stand. */
final class Ioctl {
    static final long GET_API_VERSION = 0xae00;
    static final long CREATE_VM = 0xae01;
    static final long CHECK_EXTENSION = 0xae03;
    static final long GET_VCPU_MMAP_SIZE = 0xae04;
    static final long GET_SUPPORTED_CPUID = 0xc008ae05L;

    static final long CREATE_VCPU = 0xae41;
    static final long SET_USER_MEMORY_REGION = 0x4020ae46;
    static final long SET_TSS_ADDR = 0xae47;
    static final long SET_IDENTITY_MAP_ADDR = 0x4008ae48;
    static final long SET_CLOCK = 0x4030ae7b;
    static final long GET_CLOCK = 0x8030ae7cL;
    static final long ENABLE_CAP = 0x4068aea3;
    static final long SET_MSR_FILTER = 0x4188aec6;

    static final long RUN = 0xae80;
    static final long GET_REGS = 0x8090ae81L;
    static final long SET_REGS = 0x4090ae82;
    static final long GET_SREGS = 0x8138ae83L;
    static final long SET_SREGS = 0x4138ae84;
    static final long INTERRUPT = 0x4004ae86;
    static final long GET_MSRS = 0xc008ae88L;
    static final long SET_MSRS = 0x4008ae89;
    static final long SET_SIGNAL_MASK = 0x4004ae8b;
    static final long GET_XSAVE = 0x9000aea4L;
    static final long SET_XSAVE = 0x5000aea5;
    static final long SET_CPUID2 = 0x4008ae90;
    static final long NMI = 0xae9a;
    static final long GET_VCPU_EVENTS = 0x8040ae9fL;
    static final long SET_VCPU_EVENTS = 0x4040aea0;
    static final long GET_DEBUGREGS = 0x8080aea1L;
    static final long SET_DEBUGREGS = 0x4080aea2;
    static final long SET_TSC_KHZ = 0xaea2;
    static final long GET_TSC_KHZ = 0xaea3;
    static final long GET_XCRS = 0x8188aea6L;
    static final long SET_XCRS = 0x4188aea7;
    static final long GET_SREGS2 = 0x8140aeccL;
    static final long SET_SREGS2 = 0x4140aecd;
    static final long SET_DEVICE_ATTR = 0x4018aee1;
    static final long GET_DEVICE_ATTR = 0x4018aee2;
    static final long HAS_DEVICE_ATTR = 0x4018aee3;

    static final int CAP_EXCEPTION_PAYLOAD = 164;
    static final int CAP_X86_USER_SPACE_MSR = 188;
    static final int CAP_ENFORCE_PV_FEATURE_CPUID = 190;
    static final int CAP_SREGS2 = 200;
    static final int CAP_EXIT_ON_EMULATION_FAILURE = 204;
    static final int CAP_X86_TRIPLE_FAULT_EVENT = 218;

    static final int EXIT_IO = 2;
    static final int EXIT_DEBUG = 4;
    static final int EXIT_HLT = 5;
    static final int EXIT_MMIO = 6;
    static final int EXIT_IRQ_WINDOW_OPEN = 7;
    static final int EXIT_SHUTDOWN = 8;
    static final int EXIT_FAIL_ENTRY = 9;
    static final int EXIT_INTR = 10;
    static final int EXIT_SET_TPR = 11;
    static final int EXIT_INTERNAL_ERROR = 17;
    static final int EXIT_SYSTEM_EVENT = 24;
    static final int EXIT_X86_RDMSR = 29;
    static final int EXIT_X86_WRMSR = 30;

    /** Fields of {@code struct kvm_run}. */
    static final int RUN_REQUEST_WINDOW = 0;

    static final int RUN_IMMEDIATE_EXIT = 1;
    static final int RUN_REASON = 8;
    static final int RUN_READY = 12;
    static final int RUN_IF = 13;
    static final int RUN_CR8 = 16;
    static final int RUN_DATA = 32;

    static final int REGS_SIZE = 144;
    static final int SREGS_SIZE = 312;
    static final int SREGS2_SIZE = 320;
    static final int XSAVE_SIZE = 4096;
    static final int XCRS_SIZE = 392;
    static final int EVENTS_SIZE = 64;
    static final int ENABLE_CAP_SIZE = 104;
    static final int DEBUG_SIZE = 128;

    private Ioctl() {}
}
