package belljar.linux;

import static belljar.linux.Assembler.Reg.R10;
import static belljar.linux.Assembler.Reg.R8;
import static belljar.linux.Assembler.Reg.R9;
import static belljar.linux.Assembler.Reg.RAX;
import static belljar.linux.Assembler.Reg.RCX;
import static belljar.linux.Assembler.Reg.RDI;
import static belljar.linux.Assembler.Reg.RDX;
import static belljar.linux.Assembler.Reg.RSI;
import static belljar.linux.Assembler.Reg.RSP;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes the shared library of {@link NativeCalls}: six functions of a few instructions, assembled here, in an ELF-64
 * file (elf(5)) that has just what dlopen(3) and dlsym(3) read. No compiler is needed and no binary is kept.
 *
 * <pre>
 * page 0  headers, hash table, symbols, their names, code   readable and executable
 * page 1  dynamic section                                   readable and writable, since ld.so relocates it in place
 * </pre>
 */
public final class NativeLibrary {
    private static final String PREFIX = "Java_belljar_linux_NativeCalls_";
    private static final String[] NAMES = {"call0", "spawn0", "ring0", "await0", "address0", "buffer0"};
    private static final int SYMBOLS = NAMES.length + 1;
    private static final int PAGE = 4096;
    private static final int SEGMENTS = 4;
    private static final int HEADERS = 64 + SEGMENTS * 56;
    private static final int HASH_SIZE = 4 * (2 + 1 + SYMBOLS);
    private static final int SYMBOL_SIZE = 24;

    /** Functions of the JNI's table by their index (JNI specification, chapter 4). */
    private static final int NEW_DIRECT_BYTE_BUFFER = 229;

    private static final int GET_DIRECT_BUFFER_ADDRESS = 230;

    private NativeLibrary() {}

    /**
     * Writes the library to a file, and the {@link Courier} to another.
     *
     * @param args the files' paths
     * @throws IOException if one cannot be written
     */
    public static void main(String[] args) throws IOException {
        Files.write(Path.of(args[0]), elf());
        Courier.write(Path.of(args[1]));
    }

    static byte[] elf() {
        byte[][] code = {call(), spawn(), ring(), await(), address(), buffer()};
        StringBuilder names = new StringBuilder("\0");
        int[] nameAt = new int[NAMES.length];
        for (int i = 0; i < NAMES.length; i++) {
            nameAt[i] = names.length();
            names.append(PREFIX).append(NAMES[i]).append('\0');
        }
        int hashAt = HEADERS + 8 & ~7;
        int symbolsAt = hashAt + HASH_SIZE + 7 & ~7;
        int namesAt = symbolsAt + SYMBOLS * SYMBOL_SIZE;
        int codeAt = namesAt + names.length() + 15 & ~15;
        ByteBuffer elf = ByteBuffer.allocate(PAGE + 7 * 16).order(ByteOrder.LITTLE_ENDIAN);
        // One bucket, whose chain holds all symbols.
        elf.position(hashAt).putInt(1).putInt(SYMBOLS).putInt(1).putInt(0);
        for (int i = 1; i < SYMBOLS; i++) {
            elf.putInt(i + 1 < SYMBOLS ? i + 1 : 0);
        }
        elf.position(namesAt).put(names.toString().getBytes(StandardCharsets.US_ASCII));
        int at = codeAt;
        for (int i = 0; i < NAMES.length; i++) {
            elf.position(at).put(code[i]);
            elf.position(symbolsAt + (i + 1) * SYMBOL_SIZE);
            // STB_GLOBAL, STT_FUNC; any section but the undefined one
            elf.putInt(nameAt[i]).put((byte) 0x12).put((byte) 0).putShort((short) 1);
            elf.putLong(at).putLong(code[i].length);
            at = at + code[i].length + 15 & ~15;
        }
        elf.position(PAGE);
        long[] dynamic = {4, hashAt, 5, namesAt, 6, symbolsAt, 10, names.length(), 11, SYMBOL_SIZE, 0, 0};
        for (long word : dynamic) {
            elf.putLong(word);
        }
        int dynamicSize = 8 * dynamic.length;
        headers(elf, at, dynamicSize);
        byte[] file = new byte[PAGE + dynamicSize];
        elf.get(0, file);
        return file;
    }

    private static void headers(ByteBuffer elf, int codeEnd, int dynamicSize) {
        elf.position(0).put(new byte[] {0x7F, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        elf.putShort((short) 3).putShort((short) 62).putInt(1); // ET_DYN
        elf.putLong(0).putLong(64).putLong(0);
        elf.putInt(0).putShort((short) 64).putShort((short) 56).putShort((short) SEGMENTS);
        elf.putShort((short) 64).putShort((short) 0).putShort((short) 0);
        segment(elf, 1, 5, 0, codeEnd, PAGE); // PT_LOAD
        segment(elf, 1, 6, PAGE, dynamicSize, PAGE); // PT_LOAD
        segment(elf, 2, 6, PAGE, dynamicSize, 8); // PT_DYNAMIC
        segment(elf, 0x6474E551, 6, 0, 0, 16); // PT_GNU_STACK, which without the flag 1 is not executable
    }

    private static void segment(ByteBuffer elf, int type, int flags, long at, long size, long align) {
        elf.putInt(type).putInt(flags).putLong(at).putLong(at).putLong(at);
        elf.putLong(size).putLong(size).putLong(align);
    }

    /** The JNI passes its environment and the class first, so a call's number is the third argument. */
    private static byte[] call() {
        Assembler a = new Assembler();
        a.mov(RAX, RDX);
        a.mov(RDI, RCX);
        a.mov(RSI, R8);
        a.mov(RDX, R9);
        a.load(R10, RSP, 8);
        a.load(R8, RSP, 16);
        a.load(R9, RSP, 24);
        a.syscall();
        a.ret();
        return a.finish();
    }

    private static byte[] spawn() {
        Assembler a = new Assembler();
        a.mov(RDI, RDX);
        a.mov(RSI, RCX);
        a.mov(RDX, R8);
        HostCode.spawn(a);
        return a.finish();
    }

    private static byte[] ring() {
        Assembler a = new Assembler();
        a.mov(RDI, RDX);
        a.mov(RSI, RCX);
        HostCode.ring(a);
        return a.finish();
    }

    private static byte[] await() {
        Assembler a = new Assembler();
        a.mov(RDI, RDX);
        a.mov(RSI, RCX);
        a.mov(RDX, R8);
        HostCode.await(a);
        return a.finish();
    }

    private static byte[] address() {
        Assembler a = new Assembler();
        a.mov(RSI, RDX);
        jumpToJni(a, GET_DIRECT_BUFFER_ADDRESS);
        return a.finish();
    }

    private static byte[] buffer() {
        Assembler a = new Assembler();
        a.mov(RSI, RDX);
        a.mov(RDX, RCX);
        jumpToJni(a, NEW_DIRECT_BYTE_BUFFER);
        return a.finish();
    }

    /** The environment points to a pointer to the table; what the function returns goes straight to Java. */
    private static void jumpToJni(Assembler a, int index) {
        a.load(RAX, RDI, 0);
        a.load(RAX, RAX, 8 * index);
        a.jmp(RAX);
    }
}
