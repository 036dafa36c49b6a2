package belljar.linux;

import static belljar.linux.Assembler.Reg.R10;
import static belljar.linux.Assembler.Reg.R12;
import static belljar.linux.Assembler.Reg.R13;
import static belljar.linux.Assembler.Reg.R14;
import static belljar.linux.Assembler.Reg.R8;
import static belljar.linux.Assembler.Reg.R9;
import static belljar.linux.Assembler.Reg.RAX;
import static belljar.linux.Assembler.Reg.RBX;
import static belljar.linux.Assembler.Reg.RCX;
import static belljar.linux.Assembler.Reg.RDI;
import static belljar.linux.Assembler.Reg.RDX;
import static belljar.linux.Assembler.Reg.RSI;

import belljar.linux.Assembler.Cond;
import belljar.linux.Assembler.Label;
import belljar.linux.Assembler.Reg;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The program of the entry stub: it maps the memory that it shares with Java, then whenever {@link #BELL} is rung runs
 * the batch of system calls which stands there, and answers by {@link #REPLY}. Either side looks at its word for some
 * microseconds and only then says that it is {@link #ASLEEP} and waits for a byte on the socket, which the other then
 * sends: to wake a process on another CPU takes the kernel longer than most batches take, and a start has some thirty
 * of them. Where both were on the same CPU when they last said so ({@link #JAVA_CPU}, {@link #STUB_CPU}), looking would
 * only keep the other from answering, and whoever waits sleeps at once. When the socket closes, because Java died, the
 * stub ends.
 *
 * <p>An entry of a batch, 80 bytes:
 *
 * <pre>
 *  0  int32   system call number
 *  4  int32   flags: bits 0-5 the argument is the address of a result to use; {@link #IGNORE}; {@link #BRANCH}
 *  8  int64×6 arguments
 * 56  int64   result
 * 64  uint16×4 errnos that are no failure; 0 matches none
 * 72  int64   address of the next entry when the result is positive ({@link #BRANCH})
 * </pre>
 */
final class StubCode {
    /** Where the shared memory lies in the stub's address space. */
    static final long BASE = 0x1000_0000L;

    /** Its size in bytes; pages that nobody touches cost nothing. */
    static final int SIZE = 10 << 20;

    /** Offset in the shared memory of the address of the first entry. */
    static final int FIRST = 0;

    /** Offset of the address behind the last entry. */
    static final int END = 8;

    /** Offset of the address of the entry that failed; 0 when all succeeded. */
    static final int FAILED = 16;

    /** Offset of the word that Java sets to 1 for the stub to start. */
    static final int BELL = 24;

    /** Offset of a byte that the stub reads from the socket. */
    static final int THEIR_BYTE = 32;

    /** Offset of a byte that Java reads from the socket. */
    static final int OUR_BYTE = 33;

    /** Offset of the word that the stub sets to 1 when it is done. */
    static final int REPLY = 48;

    /** Offset of how many times the stub looks before it sleeps. */
    static final int SPINS = 56;

    /** Offset of 32 bits with the number of the CPU from which the bell was rung last. */
    static final int JAVA_CPU = 72;

    /** Offset of 32 bits with the number of the CPU on which the last batch began; all ones before the first. */
    static final int STUB_CPU = 76;

    /** What {@link #BELL} and {@link #REPLY} are while the one who waits for them sleeps. */
    static final int ASLEEP = 2;

    /**
     * How many times either side looks before it sleeps: 150 to 300 microseconds, depending on the processor, which is
     * more than most batches of a start take. With one CPU, looking keeps the other from doing what is waited for.
     */
    static final int SPINNING = Runtime.getRuntime().availableProcessors() > 1 ? 6000 : 1;

    /** Bytes of an entry. */
    static final int ENTRY = 80;

    static final int ENTRY_FLAGS = 4;
    static final int ENTRY_ARGS = 8;
    static final int ENTRY_RESULT = 56;
    static final int ENTRY_TOLERATED = 64;
    static final int ENTRY_BRANCH = 72;

    /** No error of this entry is a failure. */
    static final int IGNORE = 0x100;

    /** A positive result continues elsewhere. */
    static final int BRANCH = 0x200;

    /**
     * In place of a system call's number: the stub stays as an init process. The first argument is the address of the
     * process id of the child it is init for, which is 0 for none.
     */
    static final int BECOME_INIT = -1;

    /**
     * In place of a system call's number: the stub stays as the keeper of a container. The arguments are the address
     * and length of its {@link KeeperImage} and the bytes of memory that it takes with its buffers.
     */
    static final int BECOME_KEEPER = -2;

    /** Offset of a place where the keeper leaves the process id of the logger. */
    static final int LOGGER = 40;

    /** Offset of a word that the keeper sets to 1 when it needs Java no more. */
    static final int FREED = 64;

    /** The descriptor of the shared memory in the stub. */
    static final int MEMORY_FD = 3;

    /** The descriptor of the socket in the stub. */
    static final int SOCKET_FD = 4;

    private static final long LOAD = 0x40_0000L;
    private static final int HEADERS = 64 + 2 * 56;
    private static final Reg[] ARGS = {RDI, RSI, RDX, R10, R8, R9};

    private StubCode() {}

    /** {@return the stub as a static executable, ELF-64 as in elf(5)} */
    static byte[] elf() {
        return executable(assemble());
    }

    /**
     * {@return a static executable, ELF-64 as in elf(5)}
     *
     * @param code what it begins with; it may lie anywhere
     */
    static byte[] executable(byte[] code) {
        ByteBuffer elf = ByteBuffer.allocate(HEADERS + code.length).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(new byte[] {0x7F, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        elf.putShort((short) 2).putShort((short) 62).putInt(1);
        elf.putLong(LOAD + HEADERS).putLong(64).putLong(0);
        elf.putInt(0).putShort((short) 64).putShort((short) 56).putShort((short) 2);
        elf.putShort((short) 64).putShort((short) 0).putShort((short) 0);
        long size = elf.capacity();
        // PT_LOAD, readable and executable; PT_GNU_STACK, not executable.
        elf.putInt(1).putInt(5).putLong(0).putLong(LOAD).putLong(LOAD);
        elf.putLong(size).putLong(size).putLong(4096);
        elf.putInt(0x6474E551).putInt(6).putLong(0).putLong(0).putLong(0);
        elf.putLong(0).putLong(0).putLong(16);
        elf.put(code);
        return elf.array();
    }

    private static byte[] assemble() {
        Assembler a = new Assembler();
        Label wait = new Label();
        Label end = new Label();
        Label next = new Label();
        Label reply = new Label();
        a.mov(RDI, (int) BASE);
        a.mov(RSI, SIZE);
        a.mov(RDX, 3); // PROT_READ | PROT_WRITE
        a.mov(R10, 0x100001); // MAP_SHARED | MAP_FIXED_NOREPLACE
        a.mov(R8, MEMORY_FD);
        a.mov(R9, 0);
        a.mov(RAX, Nr.MMAP);
        a.syscall();
        a.mov(R14, RAX);
        a.test(RAX, RAX);
        a.jcc(Cond.NEGATIVE, end);

        Label read = new Label();
        Label rung = new Label();
        a.bind(wait);
        a.load(R13, R14, SPINS);
        spin(a, R14, BELL, R13, rung);
        a.bind(read);
        a.mov(RDI, SOCKET_FD);
        a.address(RSI, R14, THEIR_BYTE);
        a.mov(RDX, 1);
        a.syscall(Nr.READ);
        a.cmp(RAX, -Errno.EINTR);
        a.jcc(Cond.EQUAL, read);
        a.cmp(RAX, 0);
        a.jcc(Cond.LESS_OR_EQUAL, end);
        a.bind(rung);
        // Before the batch, after which a filter may forbid it.
        tellCpu(a, R14, STUB_CPU);
        a.mov(RAX, 0);
        a.store(R14, BELL, RAX);
        a.store(R14, FAILED, RAX);
        a.load(RBX, R14, FIRST);

        Label init = new Label();
        Label keeper = new Label();
        a.bind(next);
        a.load(RAX, R14, END);
        a.cmp(RBX, RAX);
        a.jcc(Cond.ABOVE_OR_EQUAL, reply);
        entry(a, next, init, keeper);
        a.store(R14, FAILED, RBX);

        a.bind(reply);
        a.mov(RAX, 1);
        a.exchange(R14, REPLY, RAX);
        a.cmp(RAX, ASLEEP);
        a.jcc(Cond.NOT_EQUAL, wait);
        a.mov(RDI, SOCKET_FD);
        a.mov(RSI, R14);
        a.mov(RDX, 1);
        a.syscall(Nr.WRITE);
        a.jmp(wait);

        a.bind(end);
        a.mov(RDI, 1);
        a.mov(RAX, Nr.EXIT_GROUP);
        a.syscall();

        StubInit.assemble(a, init);
        new KeeperCode(a).assemble(keeper);
        return a.finish();
    }

    /** Writes the number of the CPU into the shared memory (getcpu(2)). Uses RAX, RCX, RDX, RDI, RSI and R11. */
    static void tellCpu(Assembler a, Reg shared, int word) {
        a.address(RDI, shared, word);
        a.mov(RSI, 0);
        a.mov(RDX, 0);
        a.syscall(Nr.GETCPU);
    }

    /**
     * Looks at a word until it is 1, which leads to {@code set}. After too many times, or once if both sides have the
     * same CPU, it falls through, having marked the word {@link #ASLEEP}. Uses RAX, RCX and the register that holds the
     * count.
     */
    static void spin(Assembler a, Reg shared, int word, Reg count, Label set) {
        Label look = new Label();
        a.load32(RAX, shared, JAVA_CPU);
        a.load32(RCX, shared, STUB_CPU);
        a.cmp(RAX, RCX);
        a.jcc(Cond.NOT_EQUAL, look);
        a.mov(count, 1);
        a.bind(look);
        a.load(RAX, shared, word);
        a.cmp(RAX, 1);
        a.jcc(Cond.EQUAL, set);
        a.pause();
        a.add(count, -1);
        a.cmp(count, 0);
        a.jcc(Cond.GREATER, look);
        a.mov(RAX, 0);
        a.mov(count, ASLEEP);
        a.compareExchange(shared, word, count);
        a.jcc(Cond.NOT_EQUAL, set);
    }

    /** One entry at RBX; goes on to {@code next} unless it failed. */
    private static void entry(Assembler a, Label next, Label init, Label keeper) {
        a.load32(R12, RBX, ENTRY_FLAGS);
        for (int i = 0; i < ARGS.length; i++) {
            Label direct = new Label();
            a.load(ARGS[i], RBX, ENTRY_ARGS + 8 * i);
            a.testBits(R12, 1 << i);
            a.jcc(Cond.EQUAL, direct);
            a.load(ARGS[i], ARGS[i], 0);
            a.bind(direct);
        }
        Label good = new Label();
        Label advance = new Label();
        a.loadSigned32(RAX, RBX, 0);
        a.cmp(RAX, BECOME_INIT);
        a.jcc(Cond.EQUAL, init);
        a.cmp(RAX, BECOME_KEEPER);
        a.jcc(Cond.EQUAL, keeper);
        a.syscall();
        a.store(RBX, ENTRY_RESULT, RAX);
        a.test(RAX, RAX);
        a.jcc(Cond.NOT_NEGATIVE, good);
        a.testBits(R12, IGNORE);
        a.jcc(Cond.NOT_EQUAL, good);
        a.mov(R13, RAX);
        a.neg(R13);
        for (int i = 0; i < 4; i++) {
            a.load16(RCX, RBX, ENTRY_TOLERATED + 2 * i);
            a.cmp(RCX, R13);
            a.jcc(Cond.EQUAL, good);
        }
        Label failed = new Label();
        a.jmp(failed);
        a.bind(good);
        a.testBits(R12, BRANCH);
        a.jcc(Cond.EQUAL, advance);
        a.cmp(RAX, 0);
        a.jcc(Cond.LESS_OR_EQUAL, advance);
        a.load(RBX, RBX, ENTRY_BRANCH);
        a.jmp(next);
        a.bind(advance);
        a.add(RBX, ENTRY);
        a.jmp(next);
        a.bind(failed);
    }
}
