package belljar.translator;

import java.nio.charset.StandardCharsets;

/** What CPUID says of this processor (SDM volume 2; KVM's leaves: Linux' Documentation/virt/kvm/x86/cpuid.rst). */
final class CpuidLeaves {
    /** Family, model and stepping; RDX after a reset. */
    static final int MODEL = 0x0006_0FB1;

    private static final int APIC = 1 << 9;

    /** In the local APIC's base. */
    private static final long APIC_ENABLED = 1 << 11;

    /** fpu de pse tsc msr pae cx8 apic sep pge cmov pat pse36 clflush mmx fxsr sse sse2. */
    private static final int FEATURES_EDX = 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8 | 1 << 9 | 1 << 11
            | 1 << 13 | 1 << 15 | 1 << 16 | 1 << 17 | 1 << 19 | 1 << 23 | 1 << 24 | 1 << 25 | 1 << 26;

    /** sse3 ssse3 cx16 sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline xsave rdrand hypervisor. */
    private static final int FEATURES_ECX = 1 | 1 << 9 | 1 << 13 | 1 << 19 | 1 << 20 | 1 << 21 | 1 << 22 | 1 << 23
            | 1 << 24 | 1 << 26 | 1 << 30 | 1 << 31;

    /** smep erms rdseed smap. */
    private static final int FEATURES_7_EBX = 1 << 7 | 1 << 9 | 1 << 18 | 1 << 20;

    private static final byte[] NAME =
            "Belljar virtual x86-64 processor\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".getBytes(StandardCharsets.US_ASCII);

    private CpuidLeaves() {}

    static void answer(Cpu cpu) {
        int leaf = (int) cpu.r[0];
        int sub = (int) cpu.r[1];
        int id = cpu.index();
        switch (leaf) {
            case 0 -> vendor(cpu, 0x16, "AuthenticAMD");
            case 1 ->
                set(cpu, MODEL, id << 24 | 1 << 16 | 8 << 8, FEATURES_ECX | osxsave(cpu), FEATURES_EDX & ~hidden(cpu));
            case 7 ->
                set(
                        cpu,
                        0,
                        sub == 0 ? FEATURES_7_EBX : 0,
                        sub == 0 ? features7(cpu) : 0,
                        sub == 0 ? 1 << 4 : 0); // fsrm
            case 0xB -> set(cpu, 0, sub < 2 ? 1 : 0, sub | (sub < 2 ? sub + 1 << 8 : 0), id);
            case 0xD -> saved(cpu, sub);
            case 0x15 -> set(cpu, 1, 1, 1_000_000_000, 0);
            case 0x16 -> set(cpu, 1000, 1000, 100, 0);
            case 0x4000_0000 -> signature(cpu);
            case 0x4000_0001 -> set(cpu, 1 << 3 | 1 << 1 | 1 << 24 | 1, 0, 0, 0);
            case 0x4000_0010 -> set(cpu, 1_000_000, 1_000_000, 0, 0);
            case 0x8000_0000 -> vendor(cpu, 0x8000_0008, "AuthenticAMD");
            // syscall nx pdpe1gb rdtscp lm; lahf in long mode
            case 0x8000_0001 ->
                set(
                        cpu,
                        MODEL,
                        0,
                        1,
                        FEATURES_EDX & 0x0183_F3FF & ~hidden(cpu) | 1 << 11 | 1 << 20 | 1 << 26 | 1 << 27 | 1 << 29);
            case 0x8000_0002, 0x8000_0003, 0x8000_0004 -> {
                int at = (leaf - 0x8000_0002) * 16;
                set(cpu, word(at), word(at + 4), word(at + 8), word(at + 12));
            }
            case 0x8000_0007 -> set(cpu, 0, 0, 0, 1 << 8); // the time stamp counter never changes its pace
            // FXSAVE and FXRSTOR always transfer the pointers of the last x87 instruction
            case 0x8000_0008 -> set(cpu, 40 | 48 << 8, 1 << 2, 0, 0);
            default -> set(cpu, 0, 0, 0, 0);
        }
    }

    private static int osxsave(Cpu cpu) {
        return (cpu.control.cr4 & Control.OSXSAVE) != 0 ? 1 << 27 : 0;
    }

    /** What XSAVE saves, and where. */
    private static void saved(Cpu cpu, int sub) {
        if (sub == 0) {
            set(cpu, (int) Xsave.KNOWN, Xsave.size(cpu.control.xcr0), Xsave.size(Xsave.KNOWN), 0);
        } else if (sub == Xsave.KEYS_NUMBER) {
            set(cpu, Xsave.KEYS_SIZE, Xsave.KEYS_AT, 0, 0);
        } else {
            set(cpu, 0, 0, 0, 0);
        }
    }

    /** {@return what the guest has switched off} */
    private static int hidden(Cpu cpu) {
        return (cpu.apic().base() & APIC_ENABLED) != 0 ? 0 : APIC;
    }

    /** umip pku pks, and ospke as the kernel has it. */
    private static int features7(Cpu cpu) {
        return 1 << 2 | 1 << 3 | 1 << 31 | ((cpu.control.cr4 & Control.PKE) != 0 ? 1 << 4 : 0);
    }

    private static int word(int at) {
        return NAME[at] & 0xFF | (NAME[at + 1] & 0xFF) << 8 | (NAME[at + 2] & 0xFF) << 16 | NAME[at + 3] << 24;
    }

    private static void vendor(Cpu cpu, int most, String name) {
        set(cpu, most, word(name, 0), word(name, 8), word(name, 4));
    }

    private static void signature(Cpu cpu) {
        set(cpu, 0x4000_0010, word("KVMKVMKVM\0\0\0", 0), word("KVMKVMKVM\0\0\0", 4), word("KVMKVMKVM\0\0\0", 8));
    }

    private static int word(String text, int at) {
        return text.charAt(at) | text.charAt(at + 1) << 8 | text.charAt(at + 2) << 16 | text.charAt(at + 3) << 24;
    }

    private static void set(Cpu cpu, int a, int b, int c, int d) {
        cpu.register(0, 4, a);
        cpu.register(3, 4, b);
        cpu.register(1, 4, c);
        cpu.register(2, 4, d);
    }
}
