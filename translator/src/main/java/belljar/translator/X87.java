package belljar.translator;

/** The operations of the x87 unit, each in the group whose class carries it out. */
enum X87 {
    FADD(Group.ARITHMETIC),
    FMUL(Group.ARITHMETIC),
    FSUB(Group.ARITHMETIC),
    FSUBR(Group.ARITHMETIC),
    FDIV(Group.ARITHMETIC),
    FDIVR(Group.ARITHMETIC),
    FSQRT(Group.ARITHMETIC),
    FCOM(Group.COMPARE),
    FUCOM(Group.COMPARE),
    FCOMI(Group.COMPARE),
    FUCOMI(Group.COMPARE),
    FTST(Group.COMPARE),
    FXAM(Group.COMPARE),
    FCMOVB(Group.COMPARE),
    FCMOVE(Group.COMPARE),
    FCMOVBE(Group.COMPARE),
    FCMOVU(Group.COMPARE),
    FCMOVNB(Group.COMPARE),
    FCMOVNE(Group.COMPARE),
    FCMOVNBE(Group.COMPARE),
    FCMOVNU(Group.COMPARE),
    FLD(Group.MOVE),
    FST(Group.MOVE),
    FISTT(Group.MOVE),
    FXCH(Group.MOVE),
    FCHS(Group.MOVE),
    FABS(Group.MOVE),
    FLD1(Group.MOVE),
    FLDL2T(Group.MOVE),
    FLDL2E(Group.MOVE),
    FLDPI(Group.MOVE),
    FLDLG2(Group.MOVE),
    FLDLN2(Group.MOVE),
    FLDZ(Group.MOVE),
    FNOP(Group.MOVE),
    FFREE(Group.MOVE),
    FINCSTP(Group.MOVE),
    FDECSTP(Group.MOVE),
    FRNDINT(Group.SCALE),
    FSCALE(Group.SCALE),
    FXTRACT(Group.SCALE),
    FPREM(Group.SCALE),
    FPREM1(Group.SCALE),
    FSIN(Group.TRANSCENDENTAL),
    FCOS(Group.TRANSCENDENTAL),
    FSINCOS(Group.TRANSCENDENTAL),
    FPTAN(Group.TRANSCENDENTAL),
    FPATAN(Group.TRANSCENDENTAL),
    F2XM1(Group.TRANSCENDENTAL),
    FYL2X(Group.TRANSCENDENTAL),
    FYL2XP1(Group.TRANSCENDENTAL),
    FLDCW(Group.CONTROL),
    FLDENV(Group.CONTROL),
    FRSTOR(Group.CONTROL),
    FNSTCW(Group.UNCHECKED),
    FNSTSW(Group.UNCHECKED),
    FNSTENV(Group.UNCHECKED),
    FNSAVE(Group.UNCHECKED),
    FNINIT(Group.UNCHECKED),
    FNCLEX(Group.UNCHECKED),
    FNNOP(Group.UNCHECKED);

    /**
     * Which class carries an operation out; those unchecked are control operations that a pending exception lets by.
     */
    enum Group {
        ARITHMETIC,
        COMPARE,
        MOVE,
        SCALE,
        TRANSCENDENTAL,
        CONTROL,
        UNCHECKED
    }

    final Group group;

    X87(Group group) {
        this.group = group;
    }

    /** {@return whether it leaves the pointers to the last instruction and operand} */
    boolean isControl() {
        return group == Group.CONTROL || group == Group.UNCHECKED;
    }
}
