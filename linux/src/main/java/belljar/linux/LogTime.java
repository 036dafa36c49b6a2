package belljar.linux;

import static belljar.linux.Assembler.Reg.R10;
import static belljar.linux.Assembler.Reg.R11;
import static belljar.linux.Assembler.Reg.R8;
import static belljar.linux.Assembler.Reg.R9;
import static belljar.linux.Assembler.Reg.RAX;
import static belljar.linux.Assembler.Reg.RBP;
import static belljar.linux.Assembler.Reg.RCX;
import static belljar.linux.Assembler.Reg.RDI;
import static belljar.linux.Assembler.Reg.RDX;
import static belljar.linux.Assembler.Reg.RSI;

import belljar.linux.Assembler.Cond;
import belljar.linux.Assembler.Label;
import belljar.linux.Assembler.Reg;

/**
 * Machine code that writes the time {@link KeeperImage#NOW} as RFC 3339 has it, in UTC and with nanoseconds, over the
 * digits of {@link KeeperImage#STAMP}. Years are counted from 1970: that is a few dozen rounds for a read of output,
 * and needs no explanation.
 */
final class LogTime {
    private static final int SECONDS_OF_DAY = 86_400;

    private final Assembler a;
    private final Label digits = new Label();

    LogTime(Assembler a) {
        this.a = a;
    }

    /** Appends the routine. It expects the image in RBP and changes RAX, RCX, RDX, RSI, RDI and R8 to R11 only. */
    void assemble(Label stamp) {
        a.bind(stamp);
        a.load(RAX, RBP, KeeperImage.NOW);
        divide(SECONDS_OF_DAY);
        a.mov(R8, RDX);
        a.mov(R9, RAX);
        year();
        month();
        // R8 second of the day, R9 day of the month from 0, R10 year, RSI month.
        a.mov(RAX, R10);
        field(4, 0);
        a.mov(RAX, RSI);
        field(2, 5);
        a.address(RAX, R9, 1);
        field(2, 8);
        a.mov(RAX, R8);
        divide(3600);
        a.mov(R8, RDX);
        field(2, 11);
        a.mov(RAX, R8);
        divide(60);
        a.mov(R8, RDX);
        field(2, 14);
        a.mov(RAX, R8);
        field(2, 17);
        a.load(RAX, RBP, KeeperImage.NOW + 8);
        field(9, 20);
        a.ret();
        digits();
    }

    /** {@return a C function {@code stamp(image)}} For tests, which call it in their own process. */
    static byte[] function() {
        Assembler a = new Assembler();
        Label stamp = new Label();
        a.push(RBP);
        a.mov(RBP, RDI);
        a.call(stamp);
        a.pop(RBP);
        a.ret();
        new LogTime(a).assemble(stamp);
        return a.finish();
    }

    /** Takes whole years from the days in R9; leaves the year in R10 and its length in R11. */
    private void year() {
        Label next = new Label();
        Label common = new Label();
        Label leap = new Label();
        Label compare = new Label();
        Label done = new Label();
        a.mov(R10, 1970);
        a.bind(next);
        a.testBits(R10, 3);
        a.jcc(Cond.NOT_EQUAL, common);
        a.mov(RAX, R10);
        divide(100);
        a.test(RDX, RDX);
        a.jcc(Cond.NOT_EQUAL, leap);
        a.mov(RAX, R10);
        divide(400);
        a.test(RDX, RDX);
        a.jcc(Cond.EQUAL, leap);
        a.bind(common);
        a.mov(R11, 365);
        a.jmp(compare);
        a.bind(leap);
        a.mov(R11, 366);
        a.bind(compare);
        a.cmp(R9, R11);
        a.jcc(Cond.BELOW, done);
        a.sub(R9, R11);
        a.add(R10, 1);
        a.jmp(next);
        a.bind(done);
    }

    /** Takes whole months from the days in R9; leaves the month, 1 to 12, in RSI. */
    private void month() {
        Label next = new Label();
        Label compare = new Label();
        Label done = new Label();
        a.mov(RSI, 1);
        a.address(RDI, RBP, KeeperImage.MONTHS);
        a.bind(next);
        a.load8(RCX, RDI, 0);
        a.cmp(RSI, 2);
        a.jcc(Cond.NOT_EQUAL, compare);
        a.add(RCX, R11);
        a.add(RCX, -365);
        a.bind(compare);
        a.cmp(R9, RCX);
        a.jcc(Cond.BELOW, done);
        a.sub(R9, RCX);
        a.add(RSI, 1);
        a.add(RDI, 1);
        a.jmp(next);
        a.bind(done);
    }

    /** RAX divided by a constant. */
    private void divide(int divisor) {
        a.mov(RDX, 0);
        a.mov(RCX, divisor);
        a.divide(RCX);
    }

    /** Writes RAX in decimal at a place of the stamp. */
    private void field(int width, int at) {
        a.address(RDI, RBP, KeeperImage.STAMP + at + width);
        a.mov(RCX, width);
        a.call(digits);
    }

    /** Writes RCX digits of RAX that end before RDI. */
    private void digits() {
        Reg ten = R11;
        Label next = new Label();
        a.bind(digits);
        a.mov(ten, 10);
        a.bind(next);
        a.mov(RDX, 0);
        a.divide(ten);
        a.add(RDX, '0');
        a.add(RDI, -1);
        a.store8(RDI, 0, RDX);
        a.add(RCX, -1);
        a.jcc(Cond.NOT_EQUAL, next);
        a.ret();
    }
}
