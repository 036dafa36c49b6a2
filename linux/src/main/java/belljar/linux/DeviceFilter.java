package belljar.linux;

import belljar.linux.CgroupLimits.DeviceRule;
import java.util.Arrays;
import java.util.List;

/**
 * Device rules as a program for cgroup v2, which has no device files: extended BPF of the type
 * {@code BPF_PROG_TYPE_CGROUP_DEVICE}, which the kernel runs for each open and mknod of a device (bpf(2),
 * {@code linux/bpf.h}).
 *
 * <p>The program keeps the accesses that are still to be decided and goes through the rules from the last to the first:
 * an allowing rule that matches takes its accesses away, a denying one that matches any of them refuses. So for each
 * access the last rule that covers it counts.
 */
final class DeviceFilter {
    private static final int PROG_LOAD = 5;
    private static final int PROG_ATTACH = 8;
    private static final int PROG_TYPE_CGROUP_DEVICE = 15;
    private static final int CGROUP_DEVICE = 6;
    private static final int ALLOW_MULTI = 2;
    private static final int ATTR_SIZE = 72;

    private static final int LOAD_WORD = 0x61;
    private static final int MOVE = 0xb7;
    private static final int MOVE_REGISTER = 0xbf;
    private static final int AND = 0x57;
    private static final int SHIFT_RIGHT = 0x77;
    private static final int JUMP = 0x05;
    private static final int JUMP_IF_NOT = 0x55;
    private static final int JUMP_IF_ANY = 0x45;
    private static final int EXIT = 0x95;

    private static final int RESULT = 0;
    private static final int CONTEXT = 1;
    private static final int TYPE = 2;
    private static final int WANTED = 3;
    private static final int MAJOR = 4;
    private static final int MINOR = 5;

    private byte[] program = new byte[512];
    private int size;

    private DeviceFilter() {}

    /**
     * {@return the program: an array of {@code struct bpf_insn}, little-endian}
     *
     * @param rules the rules in order
     */
    static byte[] compile(List<DeviceRule> rules) {
        DeviceFilter f = new DeviceFilter();
        f.emit(LOAD_WORD, TYPE, CONTEXT, 0, 0);
        f.emit(MOVE_REGISTER, WANTED, TYPE, 0, 0);
        f.emit(AND, TYPE, 0, 0, 0xffff);
        f.emit(SHIFT_RIGHT, WANTED, 0, 0, 16);
        f.emit(LOAD_WORD, MAJOR, CONTEXT, 4, 0);
        f.emit(LOAD_WORD, MINOR, CONTEXT, 8, 0);
        for (int i = rules.size() - 1; i >= 0; i--) {
            f.rule(rules.get(i));
        }
        f.answer(1);
        return Arrays.copyOf(f.program, f.size);
    }

    private void rule(DeviceRule rule) {
        int access = 0;
        for (int i = 0; i < rule.access().length(); i++) {
            char letter = rule.access().charAt(i);
            access |= letter == 'm' ? 1 : letter == 'r' ? 2 : letter == 'w' ? 4 : 0;
        }
        int tests = (rule.type() == 'a' ? 0 : 1) + (rule.major() < 0 ? 0 : 1) + (rule.minor() < 0 ? 0 : 1);
        // Four instructions follow the tests, whichever kind of rule it is.
        int skip = tests - 1 + 4;
        if (rule.type() != 'a') {
            emit(JUMP_IF_NOT, TYPE, 0, skip--, rule.type() == 'b' ? 1 : 2);
        }
        if (rule.major() >= 0) {
            emit(JUMP_IF_NOT, MAJOR, 0, skip--, rule.major());
        }
        if (rule.minor() >= 0) {
            emit(JUMP_IF_NOT, MINOR, 0, skip, rule.minor());
        }
        if (rule.allow()) {
            emit(AND, WANTED, 0, 0, ~access);
            emit(JUMP_IF_NOT, WANTED, 0, 2, 0);
            answer(1);
        } else {
            emit(JUMP_IF_ANY, WANTED, 0, 1, access);
            emit(JUMP, 0, 0, 2, 0);
            answer(0);
        }
    }

    private void answer(int allowed) {
        emit(MOVE, RESULT, 0, 0, allowed);
        emit(EXIT, 0, 0, 0, 0);
    }

    private void emit(int code, int destination, int source, int offset, int value) {
        if (size == program.length) {
            program = Arrays.copyOf(program, size * 2);
        }
        program[size] = (byte) code;
        program[size + 1] = (byte) (source << 4 | destination);
        program[size + 2] = (byte) offset;
        program[size + 3] = (byte) (offset >> 8);
        for (int i = 0; i < 4; i++) {
            program[size + 4 + i] = (byte) (value >> 8 * i);
        }
        size += 8;
    }

    /**
     * Loads a program and binds it to a cgroup for as long as that exists.
     *
     * @param program what {@link #compile} made
     * @param directory the cgroup's directory in the unified hierarchy
     * @throws belljar.failure.HostException if the kernel refuses either
     */
    static void attach(byte[] program, String directory) {
        HostKernel kernel = HostKernel.INSTANCE;
        try (Memory memory = kernel.lend()) {
            long attr = memory.allocate(ATTR_SIZE);
            memory.putInt(attr, PROG_TYPE_CGROUP_DEVICE);
            memory.putInt(attr + 4, program.length / 8);
            memory.putLong(attr + 8, memory.copy(program));
            memory.putLong(attr + 16, memory.string("Apache-2.0"));
            String what = "load the device filter of " + directory;
            try (Fd loaded = new Fd((int) Errno.check("bpf", what, kernel.call(Nr.BPF, PROG_LOAD, attr, ATTR_SIZE)));
                    Fd cgroup = new Fd((int) Errno.check(
                            "openat",
                            "open " + directory,
                            kernel.call(Nr.OPENAT, KernelFile.AT_FDCWD, memory.string(directory), 0x90000)))) {
                long bind = memory.allocate(ATTR_SIZE);
                memory.putInt(bind, cgroup.number());
                memory.putInt(bind + 4, loaded.number());
                memory.putInt(bind + 8, CGROUP_DEVICE);
                memory.putInt(bind + 12, ALLOW_MULTI);
                Errno.check(
                        "bpf",
                        "attach the device filter to " + directory,
                        kernel.call(Nr.BPF, PROG_ATTACH, bind, ATTR_SIZE));
            }
        }
    }
}
