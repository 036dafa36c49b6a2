package belljar.translator;

/** What writing to a control register checks and changes (SDM volume 3, section 2.5). */
final class ControlRegisters {
    /** What CPUID shows; {@link Control#PCE} has no bit there. */
    private static final long CR4_KNOWN = Control.TSD
            | Control.DE
            | Control.PSE
            | Control.PAE
            | Control.PGE
            | Control.PCE
            | Control.OSFXSR
            | Control.OSXMMEXCPT
            | Control.UMIP
            | Control.OSXSAVE
            | Control.SMEP
            | Control.SMAP
            | Control.PKE
            | Control.PKS;

    private static final long CR4_TRANSLATION =
            Control.PSE | Control.PAE | Control.PGE | Control.SMEP | Control.SMAP | Control.PKE | Control.PKS;

    private ControlRegisters() {}

    static long read(Cpu cpu, int number) {
        return switch (number) {
            case 0 -> cpu.control.cr0;
            case 2 -> cpu.control.cr2;
            case 3 -> cpu.control.cr3;
            case 4 -> cpu.control.cr4;
            case 8 -> cpu.apic().taskPriority();
            default -> throw cpu.undefined();
        };
    }

    static void write(Cpu cpu, int number, long value) {
        switch (number) {
            case 0 -> write0(cpu, value);
            case 2 -> cpu.control.cr2 = value;
            case 3 -> {
                if (cpu.control.longMode() && value >>> 40 != 0) {
                    throw cpu.protection(0);
                }
                cpu.control.cr3 = value;
                cpu.mmu.flush();
            }
            case 4 -> write4(cpu, value);
            case 8 -> {
                if ((value & ~15L) != 0) {
                    throw cpu.protection(0);
                }
                cpu.apic().setTaskPriority((int) value);
            }
            default -> throw cpu.undefined();
        }
    }

    /** {@return a value for CR0 without what cannot be in it} */
    static long possible0(long value) {
        boolean paging = (value & Control.PG) != 0;
        return value & 0xFFFF_FFFFL & (paging && (value & Control.PE) == 0 ? ~Control.PG : -1) | Control.ET;
    }

    /** {@return a value for CR4 without what cannot be in it} */
    static long possible4(long value) {
        return value & CR4_KNOWN;
    }

    private static void write0(Cpu cpu, long value) {
        Control control = cpu.control;
        boolean paging = (value & Control.PG) != 0;
        if (value >>> 32 != 0 || paging && (value & Control.PE) == 0 || (value & 0x6000_0000) == 0x2000_0000) {
            throw cpu.protection(0);
        }
        boolean was = (control.cr0 & Control.PG) != 0;
        boolean enters = paging && !was && (control.efer & Control.LME) != 0;
        boolean leaves = !paging && was && control.longMode();
        if (enters && ((control.cr4 & Control.PAE) == 0 || (cpu.segments.attributes[Insn.CS] & Segments.LONG) != 0)
                || leaves && cpu.mode == Decoder.BITS64) {
            throw cpu.protection(0);
        }
        control.efer = enters ? control.efer | Control.LMA : leaves ? control.efer & ~Control.LMA : control.efer;
        long changed = control.cr0 ^ value;
        control.cr0 = value | Control.ET;
        if ((changed & (Control.PG | Control.PE | Control.WP)) != 0) {
            cpu.mmu.flush();
        }
        cpu.segments.update();
        cpu.access();
    }

    private static void write4(Cpu cpu, long value) {
        Control control = cpu.control;
        if ((value & ~CR4_KNOWN) != 0 || control.longMode() && (value & Control.PAE) == 0) {
            throw cpu.protection(0);
        }
        long changed = control.cr4 ^ value;
        control.cr4 = value;
        if ((changed & CR4_TRANSLATION) != 0) {
            cpu.mmu.flush();
        }
        cpu.watch.update();
    }
}
