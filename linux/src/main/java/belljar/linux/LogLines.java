package belljar.linux;

import static belljar.linux.Assembler.Reg.R12;
import static belljar.linux.Assembler.Reg.R13;
import static belljar.linux.Assembler.Reg.R14;
import static belljar.linux.Assembler.Reg.R15;
import static belljar.linux.Assembler.Reg.RAX;
import static belljar.linux.Assembler.Reg.RBP;
import static belljar.linux.Assembler.Reg.RBX;
import static belljar.linux.Assembler.Reg.RCX;
import static belljar.linux.Assembler.Reg.RDI;
import static belljar.linux.Assembler.Reg.RDX;
import static belljar.linux.Assembler.Reg.RSI;

import belljar.linux.Assembler.Cond;
import belljar.linux.Assembler.Label;

/**
 * Machine code that writes what was read as the lines of a log. RBX is the place in the input, R12 its end, R13 the
 * place in the output, R14 the stream ({@link KeeperImage#STREAMS}), R15 the end of the line at hand.
 */
final class LogLines {
    private static final int NEWLINE = '\n';

    private final Assembler a;
    private final Label flush;
    private final Label line = new Label();

    LogLines(Assembler a, Label flush) {
        this.a = a;
        this.flush = flush;
    }

    /** Appends the routine. It expects the image in RBP, the input in RSI, its length in RDX and the stream in R14. */
    void assemble(Label format) {
        Label json = new Label();
        Label room = new Label();
        Label done = new Label();
        a.bind(format);
        a.mov(RBX, RSI);
        a.mov(R12, RSI);
        a.add(R12, RDX);
        a.load(R13, RBP, KeeperImage.OUT_AT);
        a.bind(line);
        a.cmp(RBX, R12);
        a.jcc(Cond.ABOVE_OR_EQUAL, done);
        a.mov(RDI, RBX);
        a.mov(RCX, R12);
        a.sub(RCX, RBX);
        a.mov(RAX, NEWLINE);
        a.scanBytes();
        a.mov(R15, RDI);
        // The most that the line can become; after a flush that always fits.
        a.mov(RAX, R15);
        a.sub(RAX, RBX);
        a.multiply(RAX, KeeperImage.WIDEST);
        a.add(RAX, KeeperImage.LINE_SLACK);
        a.add(RAX, R13);
        a.load(RCX, RBP, KeeperImage.OUT_END);
        a.cmp(RAX, RCX);
        a.jcc(Cond.BELOW_OR_EQUAL, room);
        a.store(RBP, KeeperImage.OUT_AT, R13);
        a.call(flush);
        a.load(R13, RBP, KeeperImage.OUT_AT);
        a.bind(room);
        a.load(RAX, RBP, KeeperImage.ESCAPES);
        a.test(RAX, RAX);
        a.jcc(Cond.NOT_EQUAL, json);
        cri();
        a.bind(json);
        json();
        a.bind(done);
        a.store(RBP, KeeperImage.OUT_AT, R13);
        a.ret();
    }

    /** Time, stream, whether the line is full, text. */
    private void cri() {
        Label tagged = new Label();
        Label full = new Label();
        a.mov(RDI, R13);
        stamp();
        a.load(RSI, R14, KeeperImage.STREAM_TEXT);
        a.load8(RAX, R15, -1);
        a.cmp(RAX, NEWLINE);
        a.jcc(Cond.EQUAL, tagged);
        a.add(RSI, KeeperImage.CRI_TEXT);
        a.bind(tagged);
        a.mov(RCX, KeeperImage.CRI_TEXT);
        a.copyBytes();
        a.mov(RSI, RBX);
        a.mov(RCX, R15);
        a.sub(RCX, RBX);
        a.copyBytes();
        a.cmp(RAX, NEWLINE);
        a.jcc(Cond.EQUAL, full);
        a.mov(RAX, NEWLINE);
        a.store8(RDI, 0, RAX);
        a.add(RDI, 1);
        a.bind(full);
        a.mov(R13, RDI);
        a.mov(RBX, R15);
        a.jmp(line);
    }

    /** An object a line, its text escaped byte by byte. */
    private void json() {
        Label next = new Label();
        Label wide = new Label();
        Label tail = new Label();
        a.mov(RDI, R13);
        text(KeeperImage.JSON_HEAD, KeeperImage.JSON_HEAD_TEXT.length());
        a.mov(R13, RDI);
        a.bind(next);
        a.cmp(RBX, R15);
        a.jcc(Cond.ABOVE_OR_EQUAL, tail);
        a.load8(RAX, RBX, 0);
        a.cmp(RAX, 0x80);
        a.jcc(Cond.ABOVE_OR_EQUAL, wide);
        // Eight bytes are written whatever the escape's length, which is the eighth; the next ones go over the rest.
        a.shiftLeft(RAX, 3);
        a.load(RCX, RBP, KeeperImage.ESCAPES);
        a.add(RAX, RCX);
        a.load(RAX, RAX, 0);
        a.store(R13, 0, RAX);
        a.shiftRight(RAX, 56);
        a.add(R13, RAX);
        a.add(RBX, 1);
        a.jmp(next);
        a.bind(wide);
        character(next);
        a.bind(tail);
        a.mov(RDI, R13);
        a.load(RSI, R14, KeeperImage.STREAM_TEXT);
        a.load(RCX, R14, KeeperImage.STREAM_LENGTH);
        a.copyBytes();
        stamp();
        text(KeeperImage.JSON_TAIL, KeeperImage.JSON_TAIL_TEXT.length());
        a.mov(R13, RDI);
        a.jmp(line);
    }

    /** A character of several bytes, walked through by the table of states; what is none becomes U+FFFD. */
    private void character(Label next) {
        Label step = new Label();
        Label bad = new Label();
        Label replace = new Label();
        a.mov(RSI, RBX);
        a.mov(RCX, Utf8Table.ACCEPT);
        a.bind(step);
        a.cmp(RSI, R15);
        a.jcc(Cond.ABOVE_OR_EQUAL, bad);
        a.load8(RDX, RSI, 0);
        a.shiftLeft(RCX, 8);
        a.add(RCX, RDX);
        a.load(RDI, RBP, KeeperImage.UTF8);
        a.add(RCX, RDI);
        a.load8(RCX, RCX, 0);
        a.cmp(RCX, Utf8Table.REJECT);
        a.jcc(Cond.EQUAL, bad);
        a.add(RSI, 1);
        a.cmp(RCX, Utf8Table.ACCEPT);
        a.jcc(Cond.NOT_EQUAL, step);
        a.mov(RCX, RSI);
        a.sub(RCX, RBX);
        a.mov(RSI, RBX);
        a.mov(RDI, R13);
        a.copyBytes();
        a.mov(RBX, RSI);
        a.mov(R13, RDI);
        a.jmp(next);
        a.bind(bad);
        // The byte that does not fit may begin the next character, unless it is the first of this one.
        a.cmp(RSI, RBX);
        a.jcc(Cond.NOT_EQUAL, replace);
        a.add(RSI, 1);
        a.bind(replace);
        a.mov(RBX, RSI);
        a.mov(RDI, R13);
        text(KeeperImage.JSON_REPLACEMENT, KeeperImage.JSON_REPLACEMENT_TEXT.length());
        a.mov(R13, RDI);
        a.jmp(next);
    }

    private void stamp() {
        a.address(RSI, RBP, KeeperImage.STAMP);
        a.mov(RCX, KeeperImage.STAMP_TEXT.length());
        a.copyBytes();
    }

    private void text(int pointer, int length) {
        a.load(RSI, RBP, pointer);
        a.mov(RCX, length);
        a.copyBytes();
    }
}
