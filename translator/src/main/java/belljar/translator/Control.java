package belljar.translator;

/** The control registers of a CPU, which decide how it executes and translates (SDM volume 3, section 2.5). */
final class Control {
    static final long PE = 1;
    static final long MP = 2;
    static final long EM = 4;
    static final long TS = 8;
    static final long ET = 0x10;
    static final long NE = 0x20;
    static final long WP = 0x1_0000;
    static final long AM = 0x4_0000;
    static final long NW = 0x2000_0000L;
    static final long CD = 0x4000_0000L;
    static final long PG = 0x8000_0000L;

    static final long VME = 1;
    static final long TSD = 4;
    static final long DE = 8;
    static final long PSE = 0x10;
    static final long PAE = 0x20;
    static final long PGE = 0x80;
    static final long PCE = 0x100;
    static final long OSFXSR = 0x200;
    static final long OSXMMEXCPT = 0x400;
    static final long UMIP = 1 << 11;
    static final long OSXSAVE = 1 << 18;
    static final long SMEP = 1 << 20;
    static final long SMAP = 1 << 21;
    static final long PKE = 1 << 22;
    static final long PKS = 1 << 24;

    static final long SCE = 1;
    static final long LME = 0x100;
    static final long LMA = 0x400;
    static final long NXE = 0x800;

    long cr0;
    long cr2;
    long cr3;
    long cr4;
    long efer;

    /** Which parts of the state {@link Xsave} is for. */
    long xcr0 = Xsave.X87;

    /** What may not be done with pages of each protection key: those of user mode, and the others. */
    int userKeys;

    int supervisorKeys;

    boolean longMode() {
        return (efer & LMA) != 0;
    }
}
