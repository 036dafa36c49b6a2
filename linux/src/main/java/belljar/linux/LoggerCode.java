package belljar.linux;

import static belljar.linux.Assembler.Reg.R10;
import static belljar.linux.Assembler.Reg.R12;
import static belljar.linux.Assembler.Reg.R14;
import static belljar.linux.Assembler.Reg.R8;
import static belljar.linux.Assembler.Reg.RAX;
import static belljar.linux.Assembler.Reg.RBP;
import static belljar.linux.Assembler.Reg.RBX;
import static belljar.linux.Assembler.Reg.RCX;
import static belljar.linux.Assembler.Reg.RDI;
import static belljar.linux.Assembler.Reg.RDX;
import static belljar.linux.Assembler.Reg.RSI;

import belljar.linux.Assembler.Cond;
import belljar.linux.Assembler.Label;
import belljar.linux.Assembler.Reg;

/**
 * The logger: it reads what a container puts out and writes it to the log, until the container's first process has
 * ended and nothing is left to read. Signals that would end it are blocked but while it waits, so that one who asks it
 * to end (SIGTERM) never interrupts it between reading a line and writing it.
 */
final class LoggerCode {
    private static final int PR_SET_NAME = 15;
    private static final int CLOCK_REALTIME = 0;
    private static final int SEEK_END = 2;
    private static final int MADV_DONTNEED = 4;
    private static final int AT_FDCWD = -100;

    /** O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW, O_CLOEXEC. */
    static final int LOG_FLAGS = 0x1 | 0x40 | 0x400 | 0x20000 | 0x80000;

    static final int LOG_MODE = 0600;

    private final Assembler a;
    private final Label consume = new Label();
    private final Label hold = new Label();
    private final Label stamp = new Label();
    private final Label format = new Label();
    private final Label flush = new Label();
    private final Label rotate = new Label();
    private final Label open = new Label();

    LoggerCode(Assembler a) {
        this.a = a;
    }

    /** Appends the logger's life, which begins at the label with the image in RBP. */
    void assemble(Label logger) {
        a.bind(logger);
        a.mov(RDI, PR_SET_NAME);
        a.address(RSI, RBP, KeeperImage.LOGGER_NAME);
        a.syscall(Nr.PRCTL);
        // The claim says that a keeper is there; it must be free when the keeper is dead.
        a.mov(RDI, Keeper.CLAIM);
        a.syscall(Nr.CLOSE);
        a.call(open);
        loop();
        routines();
    }

    /** Appends the parts that are called: those of the loop, and those that tests call as well. */
    private void routines() {
        consume();
        hold();
        flush();
        rotate();
        open();
        new LogTime(a).assemble(stamp);
        new LogLines(a, flush).assemble(format);
    }

    /**
     * {@return a C function {@code consume(image, stream)} that reads once from the stream and logs it} For tests,
     * which call it in their own process.
     */
    static byte[] function() {
        Assembler a = new Assembler();
        LoggerCode code = new LoggerCode(a);
        Reg[] kept = {RBX, RBP, R12, Reg.R13, R14, Reg.R15};
        for (Reg reg : kept) {
            a.push(reg);
        }
        a.mov(RBP, RDI);
        a.mov(R14, RSI);
        a.call(code.consume);
        for (int i = kept.length - 1; i >= 0; i--) {
            a.pop(kept[i]);
        }
        a.ret();
        code.routines();
        return a.finish();
    }

    /** Waits for output and for the end of the first process. */
    private void loop() {
        Label wait = new Label();
        Label ready = new Label();
        Label exit = new Label();
        a.bind(wait);
        timeout();
        a.address(RDI, RBP, KeeperImage.POLL);
        a.mov(RSI, 3);
        a.address(R10, RBP, KeeperImage.NO_SIGNALS);
        a.mov(R8, 8);
        a.syscall(Nr.PPOLL);
        a.cmp(RAX, -Errno.EINTR);
        a.jcc(Cond.EQUAL, wait);
        a.cmp(RAX, 0);
        a.jcc(Cond.GREATER, ready);
        // An error would come again.
        a.jcc(Cond.NOT_EQUAL, exit);
        a.load(RAX, RBP, KeeperImage.TIMEOUT);
        a.test(RAX, RAX);
        a.jcc(Cond.NOT_EQUAL, exit);
        giveBack();
        a.jmp(wait);
        a.bind(exit);
        a.mov(RDI, 0);
        a.syscall(Nr.EXIT_GROUP);
        a.bind(ready);
        for (int stream = 0; stream < 2; stream++) {
            Label quiet = new Label();
            a.load16(RAX, RBP, KeeperImage.POLL + 8 * stream + 6);
            a.test(RAX, RAX);
            a.jcc(Cond.EQUAL, quiet);
            a.address(R14, RBP, KeeperImage.STREAMS + KeeperImage.STREAM * stream);
            a.call(consume);
            a.bind(quiet);
        }
        end();
        a.load(RAX, RBP, KeeperImage.TIMEOUT);
        a.test(RAX, RAX);
        a.jcc(Cond.EQUAL, wait);
        // Whoever shares the streams without being in the container may write for ever.
        a.load(RAX, RBP, KeeperImage.READS_LEFT);
        a.add(RAX, -1);
        a.store(RBP, KeeperImage.READS_LEFT, RAX);
        a.jcc(Cond.NOT_EQUAL, wait);
        a.jmp(exit);
    }

    /** Sets RDX to how long to wait: not at all after the end, a second while there are buffers to give back. */
    private void timeout() {
        Label set = new Label();
        a.load(RDX, RBP, KeeperImage.TIMEOUT);
        a.test(RDX, RDX);
        a.jcc(Cond.NOT_EQUAL, set);
        a.load(RAX, RBP, KeeperImage.TOUCHED);
        a.test(RAX, RAX);
        a.jcc(Cond.EQUAL, set);
        a.mov(RAX, 1);
        a.store(RBP, KeeperImage.IDLE, RAX);
        a.mov(RAX, 0);
        a.store(RBP, KeeperImage.IDLE + 8, RAX);
        a.address(RDX, RBP, KeeperImage.IDLE);
        a.bind(set);
    }

    /** Gives the memory of the buffers back; there are many loggers, and most have nothing to do. */
    private void giveBack() {
        a.load(RDI, RBP, KeeperImage.IN);
        a.mov(RSI, KeeperImage.IN_SIZE + KeeperImage.OUT_SIZE);
        a.mov(RDX, MADV_DONTNEED);
        a.syscall(Nr.MADVISE);
        a.mov(RAX, 0);
        a.store(RBP, KeeperImage.TOUCHED, RAX);
    }

    /** Once the first process has ended, only what is there already is read. */
    private void end() {
        Label lives = new Label();
        a.load16(RAX, RBP, KeeperImage.POLL + 16 + 6);
        a.test(RAX, RAX);
        a.jcc(Cond.EQUAL, lives);
        a.mov(RAX, -1);
        a.store32(RBP, KeeperImage.POLL + 16, RAX);
        a.mov(RAX, 0);
        a.store32(RBP, KeeperImage.POLL + 20, RAX);
        a.address(RAX, RBP, KeeperImage.AT_ONCE);
        a.store(RBP, KeeperImage.TIMEOUT, RAX);
        a.bind(lives);
    }

    /** Reads once from the stream in R14 and writes it to the log. RBX: the number of bytes. */
    private void consume() {
        Label read = new Label();
        Label got = new Label();
        Label have = new Label();
        Label done = new Label();
        a.bind(consume);
        a.load(RDI, RBP, KeeperImage.IN);
        a.address(RSI, R14, KeeperImage.CARRY);
        a.load(RCX, R14, KeeperImage.CARRIED);
        a.mov(R12, RCX);
        a.copyBytes();
        a.bind(read);
        a.load(RAX, R14, KeeperImage.STREAM_POLL);
        a.load32(RDI, RAX, 0);
        a.load(RSI, RBP, KeeperImage.IN);
        a.add(RSI, R12);
        a.mov(RDX, KeeperImage.IN_SIZE);
        a.sub(RDX, R12);
        a.syscall(Nr.READ);
        a.cmp(RAX, -Errno.EINTR);
        a.jcc(Cond.EQUAL, read);
        a.cmp(RAX, -Errno.EAGAIN);
        a.jcc(Cond.EQUAL, done);
        a.mov(RBX, R12);
        a.mov(RCX, 0);
        a.store(R14, KeeperImage.CARRIED, RCX);
        a.cmp(RAX, 0);
        a.jcc(Cond.GREATER, got);
        // The end of a pipe; a terminal has EIO there (pts(4)).
        a.load(RAX, R14, KeeperImage.STREAM_POLL);
        a.mov(RCX, -1);
        a.store32(RAX, 0, RCX);
        a.jmp(have);
        a.bind(got);
        a.add(RBX, RAX);
        a.load(RAX, RBP, KeeperImage.ESCAPES);
        a.test(RAX, RAX);
        a.jcc(Cond.EQUAL, have);
        a.call(hold);
        a.bind(have);
        a.test(RBX, RBX);
        a.jcc(Cond.EQUAL, done);
        a.load(RAX, RBP, KeeperImage.NAMES);
        a.test(RAX, RAX);
        a.jcc(Cond.EQUAL, done);
        write();
        a.bind(done);
        a.ret();
    }

    /** Formats RBX bytes of input and writes them, and before them a notice when something was lost. */
    private void write() {
        Label complete = new Label();
        a.mov(RAX, 1);
        a.store(RBP, KeeperImage.TOUCHED, RAX);
        a.mov(RDI, CLOCK_REALTIME);
        a.address(RSI, RBP, KeeperImage.NOW);
        a.syscall(Nr.CLOCK_GETTIME);
        a.call(stamp);
        a.load(RAX, RBP, KeeperImage.LOST);
        a.test(RAX, RAX);
        a.jcc(Cond.EQUAL, complete);
        a.push(RBX);
        a.push(R14);
        a.load(RSI, RBP, KeeperImage.NOTICE);
        a.load(RDX, RBP, KeeperImage.NOTICE_LENGTH);
        a.address(R14, RBP, KeeperImage.STREAMS + KeeperImage.STREAM);
        a.call(format);
        a.pop(R14);
        a.pop(RBX);
        a.bind(complete);
        a.load(RSI, RBP, KeeperImage.IN);
        a.mov(RDX, RBX);
        a.call(format);
        a.call(flush);
    }

    /**
     * Holds back the beginning of a character at the end of the RBX bytes of input, for the next read: up to three
     * bytes, the first of which promises more than there are.
     */
    private void hold() {
        Label back = new Label();
        Label lead = new Label();
        Label none = new Label();
        a.bind(hold);
        a.mov(RCX, 0);
        a.load(RSI, RBP, KeeperImage.IN);
        a.add(RSI, RBX);
        a.bind(back);
        a.cmp(RCX, 3);
        a.jcc(Cond.EQUAL, none);
        a.cmp(RCX, RBX);
        a.jcc(Cond.EQUAL, none);
        a.add(RCX, 1);
        a.add(RSI, -1);
        a.load8(RAX, RSI, 0);
        a.cmp(RAX, 0x80);
        a.jcc(Cond.BELOW, none);
        a.cmp(RAX, 0xC0);
        a.jcc(Cond.BELOW, back);
        for (int promised : new int[] {0xE0, 0xF0}) {
            a.cmp(RCX, promised == 0xE0 ? 2 : 3);
            a.jcc(Cond.BELOW, lead);
            a.cmp(RAX, promised);
            a.jcc(Cond.BELOW, none);
        }
        a.bind(lead);
        a.store(R14, KeeperImage.CARRIED, RCX);
        a.sub(RBX, RCX);
        a.address(RDI, R14, KeeperImage.CARRY);
        a.copyBytes();
        a.bind(none);
        a.ret();
    }

    /** Writes the output buffer out. What cannot be written is dropped as a whole, so that no line is cut. */
    private void flush() {
        Label again = new Label();
        Label written = new Label();
        Label failed = new Label();
        Label opened = new Label();
        Label done = new Label();
        a.bind(flush);
        a.push(RBX);
        a.load(RAX, RBP, KeeperImage.LOG_FD);
        a.test(RAX, RAX);
        a.jcc(Cond.NOT_NEGATIVE, opened);
        a.call(open);
        a.bind(opened);
        a.load(RBX, RBP, KeeperImage.OUT);
        a.bind(again);
        a.load(RDX, RBP, KeeperImage.OUT_AT);
        a.sub(RDX, RBX);
        a.jcc(Cond.EQUAL, written);
        a.load(RDI, RBP, KeeperImage.LOG_FD);
        a.mov(RSI, RBX);
        a.syscall(Nr.WRITE);
        a.cmp(RAX, 0);
        a.jcc(Cond.LESS_OR_EQUAL, failed);
        a.add(RBX, RAX);
        a.jmp(again);
        a.bind(written);
        // RBX is the end of the output.
        a.load(RAX, RBP, KeeperImage.OUT);
        a.store(RBP, KeeperImage.OUT_AT, RAX);
        a.sub(RBX, RAX);
        a.load(RAX, RBP, KeeperImage.FILE_SIZE);
        a.add(RAX, RBX);
        a.store(RBP, KeeperImage.FILE_SIZE, RAX);
        a.mov(RCX, 0);
        a.store(RBP, KeeperImage.LOST, RCX);
        a.load(RCX, RBP, KeeperImage.MAX_SIZE);
        a.test(RCX, RCX);
        a.jcc(Cond.EQUAL, done);
        a.cmp(RAX, RCX);
        a.jcc(Cond.BELOW, done);
        a.call(rotate);
        a.jmp(done);
        a.bind(failed);
        a.cmp(RAX, -Errno.EINTR);
        a.jcc(Cond.EQUAL, again);
        a.load(RDI, RBP, KeeperImage.LOG_FD);
        a.load(RSI, RBP, KeeperImage.FILE_SIZE);
        a.syscall(Nr.FTRUNCATE);
        a.load(RAX, RBP, KeeperImage.OUT);
        a.store(RBP, KeeperImage.OUT_AT, RAX);
        a.mov(RAX, 1);
        a.store(RBP, KeeperImage.LOST, RAX);
        a.bind(done);
        a.pop(RBX);
        a.ret();
    }

    /** Renames each file to the next name and begins a new one; the file under the last name is gone. */
    private void rotate() {
        Label next = new Label();
        Label begin = new Label();
        Label single = new Label();
        Label begun = new Label();
        a.bind(rotate);
        a.push(RBX);
        a.push(R12);
        a.load(RBX, RBP, KeeperImage.NAMES);
        a.load(R12, RBP, KeeperImage.FILES);
        a.add(R12, -1);
        a.jcc(Cond.EQUAL, single);
        a.bind(next);
        a.mov(RCX, R12);
        a.shiftLeft(RCX, 3);
        a.add(RCX, RBX);
        a.load(RDI, RCX, -8);
        a.load(RSI, RCX, 0);
        a.syscall(Nr.RENAME);
        a.add(R12, -1);
        a.jcc(Cond.NOT_EQUAL, next);
        a.jmp(begin);
        a.bind(single);
        a.mov(RDI, AT_FDCWD);
        a.load(RSI, RBX, 0);
        a.mov(RDX, 0);
        a.syscall(Nr.UNLINKAT);
        a.bind(begin);
        a.load(RBX, RBP, KeeperImage.LOG_FD);
        a.call(open);
        a.load(RAX, RBP, KeeperImage.LOG_FD);
        a.mov(RDI, RBX);
        a.test(RAX, RAX);
        a.jcc(Cond.NOT_NEGATIVE, begun);
        // No new file: the old one goes on for as long again.
        a.store(RBP, KeeperImage.LOG_FD, RBX);
        a.mov(RDI, -1);
        a.bind(begun);
        a.syscall(Nr.CLOSE);
        a.pop(R12);
        a.pop(RBX);
        a.ret();
    }

    /** Opens the log. */
    private void open() {
        Label failed = new Label();
        a.bind(open);
        a.mov(RAX, 0);
        a.store(RBP, KeeperImage.FILE_SIZE, RAX);
        a.mov(RAX, -1);
        a.store(RBP, KeeperImage.LOG_FD, RAX);
        a.load(RSI, RBP, KeeperImage.NAMES);
        a.test(RSI, RSI);
        a.jcc(Cond.EQUAL, failed);
        a.load(RSI, RSI, 0);
        a.mov(RDI, AT_FDCWD);
        a.mov(RDX, LOG_FLAGS);
        a.mov(R10, LOG_MODE);
        a.syscall(Nr.OPENAT);
        a.test(RAX, RAX);
        a.jcc(Cond.NEGATIVE, failed);
        a.store(RBP, KeeperImage.LOG_FD, RAX);
        a.mov(RDI, RAX);
        a.mov(RSI, 0);
        a.mov(RDX, SEEK_END);
        a.syscall(Nr.LSEEK);
        a.test(RAX, RAX);
        a.jcc(Cond.NEGATIVE, failed);
        a.store(RBP, KeeperImage.FILE_SIZE, RAX);
        a.bind(failed);
        a.ret();
    }
}
