package belljar.linux;

import belljar.failure.UserException;
import belljar.linux.SeccompProfile.Action;
import belljar.linux.SeccompProfile.Condition;
import belljar.linux.SeccompProfile.Verdict;
import java.util.Arrays;

/**
 * Compiles a {@link SeccompProfile} to the classic BPF program that seccomp(2) takes: first the architecture, then a
 * binary search over ranges of numbers that are treated alike, then the arguments of the few calls that depend on them.
 * A call costs about ten instructions this way, where a list would cost hundreds.
 *
 * <p>The program is made from its end, because BPF jumps only forward: every target exists, at a known distance, when
 * the jump to it is made. A conditional jump reaches 255 instructions; further targets get an unconditional jump, which
 * reaches everything. Addresses here count from the end.
 */
public final class SeccompCompiler {
    /** Bytes of a {@code struct sock_filter}. */
    public static final int INSTRUCTION_SIZE = 8;

    /** The longest program that the kernel takes ({@code BPF_MAXINSNS}), in instructions. */
    public static final int MAX_INSTRUCTIONS = 4096;

    static final int LOAD = 0x20;
    static final int RETURN = 0x06;
    static final int AND = 0x54;
    static final int JUMP = 0x05;
    static final int JUMP_EQ = 0x15;
    static final int JUMP_GT = 0x25;
    static final int JUMP_GE = 0x35;

    private static final int NUMBER_OFFSET = 0;
    private static final int ARCH_OFFSET = 4;
    private static final int ARGS_OFFSET = 16;
    private static final int REACH = 255;

    private final SeccompProfile profile;

    /** Instructions as code, jt and jf in the upper half, k in the lower, the program's last one first. */
    private long[] program = new long[512];

    private int size;

    /** The returns made so far, by what they return, and where they are. */
    private int[] madeFor = new int[64];

    private int[] madeAt = new int[64];
    private int made;

    private SeccompCompiler(SeccompProfile profile) {
        this.profile = profile;
    }

    /**
     * {@return the program: an array of {@code struct sock_filter}, little-endian}
     *
     * @param profile what to compile
     * @throws UserException if the program is longer than the kernel takes
     */
    public static byte[] compile(SeccompProfile profile) {
        SeccompCompiler compiler = new SeccompCompiler(profile);
        compiler.program();
        if (compiler.size > MAX_INSTRUCTIONS) {
            throw new UserException("the seccomp profile compiles to " + compiler.size
                    + " instructions, but the kernel takes at most " + MAX_INSTRUCTIONS
                    + ": it needs fewer rules with arguments");
        }
        return compiler.bytes();
    }

    private byte[] bytes() {
        byte[] bytes = new byte[size * INSTRUCTION_SIZE];
        int at = 0;
        for (int i = size - 1; i >= 0; i--) {
            long instruction = program[i];
            int head = (int) (instruction >>> 32);
            int k = (int) instruction;
            bytes[at] = (byte) (head >>> 16);
            bytes[at + 2] = (byte) (head >>> 8);
            bytes[at + 3] = (byte) head;
            for (int b = 0; b < 4; b++) {
                bytes[at + 4 + b] = (byte) (k >>> 8 * b);
            }
            at += INSTRUCTION_SIZE;
        }
        return bytes;
    }

    private void program() {
        int foreign = leaf(Action.KILL_PROCESS);
        int x86 = foreign;
        if (profile.lists(SyscallAbi.X86)) {
            x86 = section(SyscallAbi.X86, SyscallAbi.X86);
        }
        int x64 = foreign;
        if (profile.lists(SyscallAbi.X86_64) || profile.lists(SyscallAbi.X32)) {
            x64 = section(SyscallAbi.X86_64, SyscallAbi.X32);
        }
        int notX64 = jump(JUMP_EQ, SyscallAbi.X86.auditArch(), x86, foreign);
        jump(JUMP_EQ, SyscallAbi.X86_64.auditArch(), x64, notX64);
        emit(LOAD, 0, 0, ARCH_OFFSET);
    }

    /** All numbers of one architecture: the interface's own, then those of the one that shares it. */
    private int section(SyscallAbi low, SyscallAbi high) {
        int capacity = profile.limit(low) + profile.limit(high) + 2;
        int[] starts = new int[capacity];
        Object[] what = new Object[capacity];
        int n = ranges(low, starts, what, 0);
        if (high != low) {
            n = ranges(high, starts, what, n);
        }
        int tree = tree(starts, what, low, 0, n - 1);
        if (tree != size - 1) {
            // The load must fall through to the tree; a tree of one leaf may stand elsewhere.
            emit(JUMP, 0, 0, size - 1 - tree);
        }
        return emit(LOAD, 0, 0, NUMBER_OFFSET);
    }

    /** Appends the ranges of an interface, each by its first number and its verdict or action. */
    private int ranges(SyscallAbi abi, int[] starts, Object[] what, int from) {
        int n = from;
        int limit = profile.limit(abi);
        for (int number = 0; number < limit; number++) {
            Verdict verdict = profile.verdict(abi, number);
            Object target = verdict;
            if (verdict.actions.length == 0) {
                target = verdict.otherwise == null ? profile.defaultAction() : verdict.otherwise;
            }
            if (number == 0 || !target.equals(what[n - 1])) {
                starts[n] = number | abi.numberBit();
                what[n++] = target;
            }
        }
        starts[n] = limit | abi.numberBit();
        what[n++] = profile.lists(abi)
                ? profile.newerAction()
                : abi == SyscallAbi.X32 ? Action.errno(Errno.ENOSYS) : Action.KILL_PROCESS;
        return n;
    }

    private int tree(int[] starts, Object[] what, SyscallAbi abi, int first, int last) {
        if (first == last) {
            SyscallAbi own = (starts[first] & SyscallAbi.X32.numberBit()) != 0 ? SyscallAbi.X32 : abi;
            return what[first] instanceof Action action ? leaf(action) : leaf((Verdict) what[first], own);
        }
        int middle = (first + last + 1) >>> 1;
        int right = tree(starts, what, abi, middle, last);
        int left = tree(starts, what, abi, first, middle - 1);
        return jump(JUMP_GE, starts[middle], right, left);
    }

    private int leaf(Action action) {
        // A second RET costs no more than the jump that would reach a far one.
        for (int i = made - 1; i >= 0 && size - 1 - madeAt[i] < REACH; i--) {
            if (madeFor[i] == action.code()) {
                return madeAt[i];
            }
        }
        if (made == madeFor.length) {
            madeFor = Arrays.copyOf(madeFor, made * 2);
            madeAt = Arrays.copyOf(madeAt, made * 2);
        }
        madeFor[made] = action.code();
        madeAt[made++] = size;
        return emit(RETURN, 0, 0, action.code());
    }

    private int leaf(Verdict verdict, SyscallAbi abi) {
        boolean narrow = abi != SyscallAbi.X86_64;
        int next = leaf(verdict.otherwise == null ? profile.defaultAction() : verdict.otherwise);
        for (int i = verdict.actions.length - 1; i >= 0; i--) {
            int target = leaf(verdict.actions[i]);
            Condition[] all = verdict.conditions[i];
            for (int c = all.length - 1; c >= 0; c--) {
                target = condition(all[c], narrow, target, next);
            }
            next = target;
        }
        return next;
    }

    private int condition(Condition condition, boolean narrow, int yes, int no) {
        int low = ARGS_OFFSET + 8 * condition.argument();
        long value = condition.value();
        return switch (condition.comparison()) {
            case EQ -> equal(low, narrow, -1L, value, yes, no);
            case NE -> equal(low, narrow, -1L, value, no, yes);
            case MASKED_EQ -> equal(low, narrow, value, condition.second() & value, yes, no);
            case GE -> greater(JUMP_GE, low, narrow, value, yes, no);
            case GT -> greater(JUMP_GT, low, narrow, value, yes, no);
            case LT -> greater(JUMP_GE, low, narrow, value, no, yes);
            case LE -> greater(JUMP_GT, low, narrow, value, no, yes);
        };
    }

    /** Compares the two halves, since BPF's words have 32 bits; the low one stands first in memory. */
    private int equal(int offset, boolean narrow, long mask, long value, int yes, int no) {
        int low = word(offset, (int) mask, (int) value, yes, no);
        return narrow ? low : word(offset + 4, (int) (mask >>> 32), (int) (value >>> 32), low, no);
    }

    private int word(int offset, int mask, int value, int yes, int no) {
        if (mask == 0) {
            return yes;
        }
        jump(JUMP_EQ, value, yes, no);
        if (mask != -1) {
            emit(AND, 0, 0, mask);
        }
        return emit(LOAD, 0, 0, offset);
    }

    private int greater(int operator, int offset, boolean narrow, long value, int yes, int no) {
        jump(operator, (int) value, yes, no);
        int low = emit(LOAD, 0, 0, offset);
        if (narrow) {
            return low;
        }
        int high = (int) (value >>> 32);
        int same = jump(JUMP_EQ, high, low, no);
        jump(JUMP_GT, high, yes, same);
        return emit(LOAD, 0, 0, offset + 4);
    }

    private int jump(int operator, int k, int yes, int no) {
        int yesNear = yes;
        int noNear = no;
        // A jump made for one side moves the other further away by one: hence the margin.
        if (size - 1 - no >= REACH) {
            noNear = emit(JUMP, 0, 0, size - 1 - no);
        }
        if (size - 1 - yes >= REACH) {
            yesNear = emit(JUMP, 0, 0, size - 1 - yes);
        }
        return emit(operator, size - 1 - yesNear, size - 1 - noNear, k);
    }

    private int emit(int code, int jt, int jf, int k) {
        if (size == program.length) {
            program = Arrays.copyOf(program, size * 2);
        }
        program[size] = (long) (code << 16 | jt << 8 | jf) << 32 | k & 0xffffffffL;
        return size++;
    }
}
