package belljar.linux;

/** The three system call interfaces of an x86-64 kernel. */
public enum SyscallAbi {
    /** 64-bit programs. */
    X86_64(0xc000003e, 0),

    /** 32-bit programs (i386). */
    X86(0x40000003, 0),

    /** 64-bit programs with 32-bit pointers; its numbers carry bit 30, and it reports itself as x86-64. */
    X32(0xc000003e, 0x40000000);

    private final int auditArch;
    private final int numberBit;

    SyscallAbi(int auditArch, int numberBit) {
        this.auditArch = auditArch;
        this.numberBit = numberBit;
    }

    /** {@return the {@code AUDIT_ARCH_*} value that {@code struct seccomp_data} carries} */
    public int auditArch() {
        return auditArch;
    }

    /** {@return the bit that this interface's numbers carry in {@code struct seccomp_data}} */
    public int numberBit() {
        return numberBit;
    }
}
