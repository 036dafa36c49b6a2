package belljar.linux;

import static belljar.linux.Assembler.Reg.R10;
import static belljar.linux.Assembler.Reg.R12;
import static belljar.linux.Assembler.Reg.R13;
import static belljar.linux.Assembler.Reg.R8;
import static belljar.linux.Assembler.Reg.R9;
import static belljar.linux.Assembler.Reg.RAX;
import static belljar.linux.Assembler.Reg.RBP;
import static belljar.linux.Assembler.Reg.RBX;
import static belljar.linux.Assembler.Reg.RCX;
import static belljar.linux.Assembler.Reg.RDI;
import static belljar.linux.Assembler.Reg.RDX;
import static belljar.linux.Assembler.Reg.RSI;
import static belljar.linux.Assembler.Reg.RSP;

import belljar.linux.Assembler.Cond;
import belljar.linux.Assembler.Label;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A static program that hands its command line to a process that listens on a socket, and becomes another program where
 * none does. A JVM takes tens of milliseconds to say that; this takes one.
 *
 * <pre>
 * courier SOCKET PROGRAM ARGUMENT...
 * </pre>
 *
 * It connects to SOCKET (unix(7), SOCK_SEQPACKET) and sends one message: the number of its arguments as 8 bytes, then
 * its arguments and its environment, each string with its NUL, and with them the descriptors 0, 1 and 2 (SCM_RIGHTS).
 * The answer is {@link #ACCEPTED} as 8 bytes, then, when the command has ended, its exit code as 8 bytes. Any failure
 * before it was accepted, and any other answer, makes it execute PROGRAM with its arguments; after that nobody knows
 * how far the command got, and it says so.
 */
final class Courier {
    /** The answer of a listener that carries the command out. */
    static final int ACCEPTED = 1;

    /** The exit code when the listener vanished. */
    static final int LOST = 125;

    private static final int AF_UNIX = 1;
    private static final int SEQPACKET_CLOEXEC = 5 | 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_NOSIGNAL = 0x4000;

    /** The longest path of a socket, with its NUL; struct sockaddr_un. */
    private static final int PATH_MAX = 108;

    /**
     * What lies at RBX: sockaddr_un, then msghdr, two iovec, one control message with three descriptors, the answer.
     */
    private static final int ADDRESS = 0;

    private static final int MESSAGE = 112;
    private static final int IOVEC = MESSAGE + 56;
    private static final int CONTROL = IOVEC + 32;
    private static final int CONTROL_SIZE = 32;
    private static final int ANSWER = CONTROL + CONTROL_SIZE;
    private static final int FRAME = ANSWER + 8 + 15 & ~15;

    private static final String LOST_TEXT = "belljar: the process that was carrying this out has vanished; look with"
            + " 'belljar ps -a' how far it got, and try again\n";
    private static final String NO_PROGRAM_TEXT = "belljar: the Java virtual machine cannot be started\n";

    private final Assembler a = new Assembler();
    private final Label fallback = new Label();
    private final Label lost = new Label();
    private final Label receive = new Label();

    private Courier() {}

    /**
     * Writes the program to a file that its owner may execute and all may read.
     *
     * @param path the file's path
     * @throws IOException if it cannot be written
     */
    static void write(Path path) throws IOException {
        Files.write(path, elf());
        if (!path.toFile().setExecutable(true, false)) {
            throw new IOException("cannot make " + path + " executable");
        }
    }

    /** {@return the program as a static executable, ELF-64 as in elf(5)} */
    static byte[] elf() {
        return StubCode.executable(new Courier().assemble());
    }

    /**
     * RBP is the initial stack: the number of arguments, pointers to them, a null, pointers to the environment, a null.
     */
    private byte[] assemble() {
        a.mov(RBP, RSP);
        a.add(RSP, -FRAME);
        a.mov(RBX, RSP);
        a.mov(RDI, RBX);
        a.mov(RCX, FRAME);
        a.mov(RAX, 0);
        a.fillBytes();
        connect();
        describe();
        a.mov(RDI, R12);
        a.address(RSI, RBX, MESSAGE);
        a.mov(RDX, MSG_NOSIGNAL);
        a.syscall(Nr.SENDMSG);
        a.test(RAX, RAX);
        a.jcc(Cond.NEGATIVE, fallback);
        a.call(receive);
        a.cmp(RAX, 8);
        a.jcc(Cond.NOT_EQUAL, fallback);
        a.load(RAX, RBX, ANSWER);
        a.cmp(RAX, ACCEPTED);
        a.jcc(Cond.NOT_EQUAL, fallback);
        a.call(receive);
        a.cmp(RAX, 8);
        a.jcc(Cond.NOT_EQUAL, lost);
        a.load(RDI, RBX, ANSWER);
        a.syscall(Nr.EXIT_GROUP);
        lost();
        fallback();
        receive();
        return a.finish();
    }

    /** Connects R12 to the first argument; a path that is too long is that of no listener. */
    private void connect() {
        a.mov(RDI, AF_UNIX);
        a.mov(RSI, SEQPACKET_CLOEXEC);
        a.mov(RDX, 0);
        a.syscall(Nr.SOCKET);
        a.test(RAX, RAX);
        a.jcc(Cond.NEGATIVE, fallback);
        a.mov(R12, RAX);
        a.mov(RAX, AF_UNIX);
        a.store8(RBX, ADDRESS, RAX);
        a.load(RSI, RBP, 16);
        a.mov(RDI, RSI);
        a.mov(RAX, 0);
        a.mov(RCX, PATH_MAX);
        a.scanBytes();
        a.jcc(Cond.NOT_EQUAL, fallback);
        a.mov(RCX, RDI);
        a.sub(RCX, RSI);
        a.address(RDI, RBX, ADDRESS + 2);
        a.copyBytes();
        a.mov(RDI, R12);
        a.address(RSI, RBX, ADDRESS);
        a.mov(RDX, 2 + PATH_MAX);
        a.syscall(Nr.CONNECT);
        a.test(RAX, RAX);
        a.jcc(Cond.NEGATIVE, fallback);
    }

    /** Fills in the message. The kernel lays arguments and environment out one behind the other (execve(2)). */
    private void describe() {
        Label more = new Label();
        Label last = new Label();
        // R13: the last string, from which its end is looked for.
        a.load(RCX, RBP, 0);
        a.mov(RSI, RCX);
        a.shiftLeft(RSI, 3);
        a.add(RSI, RBP);
        a.load(R13, RSI, 0);
        a.add(RSI, 16);
        a.bind(more);
        a.load(RAX, RSI, 0);
        a.test(RAX, RAX);
        a.jcc(Cond.EQUAL, last);
        a.mov(R13, RAX);
        a.add(RSI, 8);
        a.jmp(more);
        a.bind(last);
        a.mov(RDI, R13);
        a.mov(RAX, 0);
        a.mov(RCX, -1);
        a.scanBytes();
        a.load(RSI, RBP, 8);
        a.sub(RDI, RSI);
        a.store(RBX, IOVEC, RBP);
        a.mov(RAX, 8);
        a.store(RBX, IOVEC + 8, RAX);
        a.store(RBX, IOVEC + 16, RSI);
        a.store(RBX, IOVEC + 24, RDI);
        a.address(RAX, RBX, IOVEC);
        a.store(RBX, MESSAGE + 16, RAX);
        a.mov(RAX, 2);
        a.store(RBX, MESSAGE + 24, RAX);
        a.address(RAX, RBX, CONTROL);
        a.store(RBX, MESSAGE + 32, RAX);
        a.mov(RAX, CONTROL_SIZE);
        a.store(RBX, MESSAGE + 40, RAX);
        a.mov(RAX, 16 + 3 * 4);
        a.store(RBX, CONTROL, RAX);
        a.mov(RAX, SOL_SOCKET);
        a.store32(RBX, CONTROL + 8, RAX);
        a.mov(RAX, SCM_RIGHTS);
        a.store32(RBX, CONTROL + 12, RAX);
        for (int fd = 1; fd <= 2; fd++) {
            a.mov(RAX, fd);
            a.store32(RBX, CONTROL + 16 + 4 * fd, RAX);
        }
    }

    private void lost() {
        a.bind(lost);
        say(LOST_TEXT);
        a.mov(RDI, LOST);
        a.syscall(Nr.EXIT_GROUP);
    }

    private void fallback() {
        a.bind(fallback);
        a.load(RDI, RBP, 24);
        a.address(RSI, RBP, 24);
        a.load(RDX, RBP, 0);
        a.shiftLeft(RDX, 3);
        a.add(RDX, RBP);
        a.add(RDX, 16);
        a.syscall(Nr.EXECVE);
        say(NO_PROGRAM_TEXT);
        a.mov(RDI, LOST);
        a.syscall(Nr.EXIT_GROUP);
    }

    private void say(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        Label at = new Label();
        Label behind = new Label();
        a.jmp(behind);
        a.bind(at);
        a.bytes(bytes);
        a.bind(behind);
        a.mov(RDI, 2);
        a.address(RSI, at);
        a.mov(RDX, bytes.length);
        a.syscall(Nr.WRITE);
    }

    /** Receives 8 bytes at ANSWER; the result of recvfrom(2) is in RAX. */
    private void receive() {
        a.bind(receive);
        a.mov(RDI, R12);
        a.address(RSI, RBX, ANSWER);
        a.mov(RDX, 8);
        a.mov(R10, 0);
        a.mov(R8, 0);
        a.mov(R9, 0);
        a.syscall(Nr.RECVFROM);
        a.cmp(RAX, -Errno.EINTR);
        a.jcc(Cond.EQUAL, receive);
        a.ret();
    }
}
