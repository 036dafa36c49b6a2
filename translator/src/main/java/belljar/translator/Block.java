package belljar.translator;

/** Instructions that are executed one after the other: from a place that was jumped to up to the next jump. */
final class Block {
    final Insn[] code;

    /** The instruction pointer of the first. */
    final long address;

    /** The base of the code segment; 0 in 64-bit mode. */
    final long base;

    /** How the processor was set when they were decoded; see {@link Cpu#mode}. */
    final int mode;

    /** The physical page that they are in. */
    final int page;

    /** The version of that page that was decoded. */
    final int version;

    /** The physical page that its one instruction goes on in; -1 for none. */
    int next = -1;

    /** The version of that. */
    int nextVersion;

    /** In which epoch of the address translation the address led to that page; see {@link Mmu#epoch}. */
    int epoch;

    /** How often it was executed, where a {@link Profile} is kept. */
    long count;

    Block(Insn[] code, long address, long base, int mode, int page, int version) {
        this.code = code;
        this.address = address;
        this.base = base;
        this.mode = mode;
        this.page = page;
        this.version = version;
    }
}
