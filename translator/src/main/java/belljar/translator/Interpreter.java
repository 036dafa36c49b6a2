package belljar.translator;

/**
 * Executes a block of decoded instructions. What programs do most has a case of its own here; the rest is led to the
 * class of its group. The method stays below the size beyond which HotSpot does not compile it (8,000 bytes of code).
 */
final class Interpreter {
    private static final long LOW = 0xFFFF_FFFFL;

    private Interpreter() {}

    private static long address(long[] r, long[] bases, Insn in) {
        return r[in.base] + (r[in.index] << in.scale) + in.displacement + bases[in.segment];
    }

    /**
     * Executes a block to its end, and leaves the instruction pointer where it goes on.
     *
     * @throws Fault if an instruction causes one; the instruction pointer is at it
     */
    static void run(Cpu cpu, Block block) {
        Insn[] code = block.code;
        long[] r = cpu.r;
        long[] bases = cpu.segments.base;
        Mmu mmu = cpu.mmu;
        Insn in = code[0];
        try {
            for (int i = 0; i < code.length; i++) {
                in = code[i];
                switch (in.fast) {
                    case Fast.NOP -> {}

                    case Fast.MOV_RR8 -> {
                        r[in.first] = r[in.second];
                    }
                    case Fast.MOV_RR4 -> {
                        r[in.first] = r[in.second] & LOW;
                    }
                    case Fast.MOV_RI -> {
                        r[in.first] = in.immediate;
                    }
                    case Fast.LOAD8 -> {
                        r[in.first] = mmu.load8(address(r, bases, in));
                    }
                    case Fast.LOAD4 -> {
                        r[in.first] = mmu.load4(address(r, bases, in)) & LOW;
                    }
                    case Fast.STORE8 -> {
                        mmu.store8(address(r, bases, in), r[in.second]);
                    }
                    case Fast.STORE4 -> {
                        mmu.store4(address(r, bases, in), (int) r[in.second]);
                    }
                    case Fast.STORE1 -> {
                        mmu.store1(address(r, bases, in), (int) r[in.second]);
                    }
                    case Fast.STORE_I8 -> {
                        mmu.store8(address(r, bases, in), in.immediate);
                    }
                    case Fast.STORE_I4 -> {
                        mmu.store4(address(r, bases, in), (int) in.immediate);
                    }
                    case Fast.LEA8 -> {
                        r[in.first] = r[in.base] + (r[in.index] << in.scale) + in.displacement;
                    }
                    case Fast.LEA4 -> {
                        r[in.first] = r[in.base] + (r[in.index] << in.scale) + in.displacement & LOW;
                    }
                    case Fast.ZERO8_R -> {
                        r[in.first] = r[in.second] & 0xFF;
                    }
                    case Fast.ZERO8_M -> {
                        r[in.first] = mmu.load1(address(r, bases, in));
                    }
                    case Fast.ZERO16_R -> {
                        r[in.first] = r[in.second] & 0xFFFF;
                    }
                    case Fast.ZERO16_M -> {
                        r[in.first] = mmu.load2(address(r, bases, in));
                    }
                    case Fast.SIGN32_R -> {
                        r[in.first] = (int) r[in.second];
                    }
                    case Fast.SIGN32_M -> {
                        r[in.first] = mmu.load4(address(r, bases, in));
                    }
                    case Fast.ADD_RR8 -> {
                        long b = r[in.second];
                        long a = r[in.first];
                        long c = a + b;
                        r[in.first] = c;
                        cpu.lazy(Cpu.FLAGS_ADD, 8, a, b, c);
                    }
                    case Fast.ADD_RR4 -> {
                        int b = (int) r[in.second];
                        int a = (int) r[in.first];
                        int c = a + b;
                        r[in.first] = c & LOW;
                        cpu.lazy(Cpu.FLAGS_ADD, 4, a, b, c);
                    }
                    case Fast.ADD_RI8 -> {
                        long b = in.immediate;
                        long a = r[in.first];
                        long c = a + b;
                        r[in.first] = c;
                        cpu.lazy(Cpu.FLAGS_ADD, 8, a, b, c);
                    }
                    case Fast.ADD_RI4 -> {
                        int b = (int) in.immediate;
                        int a = (int) r[in.first];
                        int c = a + b;
                        r[in.first] = c & LOW;
                        cpu.lazy(Cpu.FLAGS_ADD, 4, a, b, c);
                    }
                    case Fast.ADD_RM8 -> {
                        long b = mmu.load8(address(r, bases, in));
                        long a = r[in.first];
                        long c = a + b;
                        r[in.first] = c;
                        cpu.lazy(Cpu.FLAGS_ADD, 8, a, b, c);
                    }
                    case Fast.ADD_RM4 -> {
                        int b = mmu.load4(address(r, bases, in));
                        int a = (int) r[in.first];
                        int c = a + b;
                        r[in.first] = c & LOW;
                        cpu.lazy(Cpu.FLAGS_ADD, 4, a, b, c);
                    }
                    case Fast.SUB_RR8 -> {
                        long b = r[in.second];
                        long a = r[in.first];
                        long c = a - b;
                        r[in.first] = c;
                        cpu.lazy(Cpu.FLAGS_SUB, 8, a, b, c);
                    }
                    case Fast.SUB_RR4 -> {
                        int b = (int) r[in.second];
                        int a = (int) r[in.first];
                        int c = a - b;
                        r[in.first] = c & LOW;
                        cpu.lazy(Cpu.FLAGS_SUB, 4, a, b, c);
                    }
                    case Fast.SUB_RI8 -> {
                        long b = in.immediate;
                        long a = r[in.first];
                        long c = a - b;
                        r[in.first] = c;
                        cpu.lazy(Cpu.FLAGS_SUB, 8, a, b, c);
                    }
                    case Fast.SUB_RI4 -> {
                        int b = (int) in.immediate;
                        int a = (int) r[in.first];
                        int c = a - b;
                        r[in.first] = c & LOW;
                        cpu.lazy(Cpu.FLAGS_SUB, 4, a, b, c);
                    }
                    case Fast.SUB_RM8 -> {
                        long b = mmu.load8(address(r, bases, in));
                        long a = r[in.first];
                        long c = a - b;
                        r[in.first] = c;
                        cpu.lazy(Cpu.FLAGS_SUB, 8, a, b, c);
                    }
                    case Fast.SUB_RM4 -> {
                        int b = mmu.load4(address(r, bases, in));
                        int a = (int) r[in.first];
                        int c = a - b;
                        r[in.first] = c & LOW;
                        cpu.lazy(Cpu.FLAGS_SUB, 4, a, b, c);
                    }
                    case Fast.AND_RR8 -> {
                        long b = r[in.second];
                        long a = r[in.first];
                        long c = a & b;
                        r[in.first] = c;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 8, a, b, c);
                    }
                    case Fast.AND_RR4 -> {
                        int b = (int) r[in.second];
                        int a = (int) r[in.first];
                        int c = a & b;
                        r[in.first] = c & LOW;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 4, a, b, c);
                    }
                    case Fast.AND_RI8 -> {
                        long b = in.immediate;
                        long a = r[in.first];
                        long c = a & b;
                        r[in.first] = c;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 8, a, b, c);
                    }
                    case Fast.AND_RI4 -> {
                        int b = (int) in.immediate;
                        int a = (int) r[in.first];
                        int c = a & b;
                        r[in.first] = c & LOW;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 4, a, b, c);
                    }
                    case Fast.AND_RM8 -> {
                        long b = mmu.load8(address(r, bases, in));
                        long a = r[in.first];
                        long c = a & b;
                        r[in.first] = c;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 8, a, b, c);
                    }
                    case Fast.AND_RM4 -> {
                        int b = mmu.load4(address(r, bases, in));
                        int a = (int) r[in.first];
                        int c = a & b;
                        r[in.first] = c & LOW;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 4, a, b, c);
                    }
                    case Fast.OR_RR8 -> {
                        long b = r[in.second];
                        long a = r[in.first];
                        long c = a | b;
                        r[in.first] = c;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 8, a, b, c);
                    }
                    case Fast.OR_RR4 -> {
                        int b = (int) r[in.second];
                        int a = (int) r[in.first];
                        int c = a | b;
                        r[in.first] = c & LOW;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 4, a, b, c);
                    }
                    case Fast.OR_RI8 -> {
                        long b = in.immediate;
                        long a = r[in.first];
                        long c = a | b;
                        r[in.first] = c;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 8, a, b, c);
                    }
                    case Fast.OR_RI4 -> {
                        int b = (int) in.immediate;
                        int a = (int) r[in.first];
                        int c = a | b;
                        r[in.first] = c & LOW;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 4, a, b, c);
                    }
                    case Fast.OR_RM8 -> {
                        long b = mmu.load8(address(r, bases, in));
                        long a = r[in.first];
                        long c = a | b;
                        r[in.first] = c;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 8, a, b, c);
                    }
                    case Fast.OR_RM4 -> {
                        int b = mmu.load4(address(r, bases, in));
                        int a = (int) r[in.first];
                        int c = a | b;
                        r[in.first] = c & LOW;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 4, a, b, c);
                    }
                    case Fast.XOR_RR8 -> {
                        long b = r[in.second];
                        long a = r[in.first];
                        long c = a ^ b;
                        r[in.first] = c;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 8, a, b, c);
                    }
                    case Fast.XOR_RR4 -> {
                        int b = (int) r[in.second];
                        int a = (int) r[in.first];
                        int c = a ^ b;
                        r[in.first] = c & LOW;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 4, a, b, c);
                    }
                    case Fast.XOR_RI8 -> {
                        long b = in.immediate;
                        long a = r[in.first];
                        long c = a ^ b;
                        r[in.first] = c;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 8, a, b, c);
                    }
                    case Fast.XOR_RI4 -> {
                        int b = (int) in.immediate;
                        int a = (int) r[in.first];
                        int c = a ^ b;
                        r[in.first] = c & LOW;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 4, a, b, c);
                    }
                    case Fast.XOR_RM8 -> {
                        long b = mmu.load8(address(r, bases, in));
                        long a = r[in.first];
                        long c = a ^ b;
                        r[in.first] = c;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 8, a, b, c);
                    }
                    case Fast.XOR_RM4 -> {
                        int b = mmu.load4(address(r, bases, in));
                        int a = (int) r[in.first];
                        int c = a ^ b;
                        r[in.first] = c & LOW;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 4, a, b, c);
                    }
                    case Fast.CMP_RR8 -> {
                        long b = r[in.second];
                        long a = r[in.first];
                        long c = a - b;
                        cpu.lazy(Cpu.FLAGS_SUB, 8, a, b, c);
                    }
                    case Fast.CMP_RR4 -> {
                        int b = (int) r[in.second];
                        int a = (int) r[in.first];
                        int c = a - b;
                        cpu.lazy(Cpu.FLAGS_SUB, 4, a, b, c);
                    }
                    case Fast.CMP_RI8 -> {
                        long b = in.immediate;
                        long a = r[in.first];
                        long c = a - b;
                        cpu.lazy(Cpu.FLAGS_SUB, 8, a, b, c);
                    }
                    case Fast.CMP_RI4 -> {
                        int b = (int) in.immediate;
                        int a = (int) r[in.first];
                        int c = a - b;
                        cpu.lazy(Cpu.FLAGS_SUB, 4, a, b, c);
                    }
                    case Fast.CMP_RM8 -> {
                        long b = mmu.load8(address(r, bases, in));
                        long a = r[in.first];
                        long c = a - b;
                        cpu.lazy(Cpu.FLAGS_SUB, 8, a, b, c);
                    }
                    case Fast.CMP_RM4 -> {
                        int b = mmu.load4(address(r, bases, in));
                        int a = (int) r[in.first];
                        int c = a - b;
                        cpu.lazy(Cpu.FLAGS_SUB, 4, a, b, c);
                    }
                    case Fast.TEST_RR8 -> {
                        long b = r[in.second];
                        long a = r[in.first];
                        long c = a & b;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 8, a, b, c);
                    }
                    case Fast.TEST_RR4 -> {
                        int b = (int) r[in.second];
                        int a = (int) r[in.first];
                        int c = a & b;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 4, a, b, c);
                    }
                    case Fast.TEST_RI8 -> {
                        long b = in.immediate;
                        long a = r[in.first];
                        long c = a & b;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 8, a, b, c);
                    }
                    case Fast.TEST_RI4 -> {
                        int b = (int) in.immediate;
                        int a = (int) r[in.first];
                        int c = a & b;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 4, a, b, c);
                    }
                    case Fast.TEST_RM8 -> {
                        long b = mmu.load8(address(r, bases, in));
                        long a = r[in.first];
                        long c = a & b;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 8, a, b, c);
                    }
                    case Fast.TEST_RM4 -> {
                        int b = mmu.load4(address(r, bases, in));
                        int a = (int) r[in.first];
                        int c = a & b;
                        cpu.lazy(Cpu.FLAGS_LOGIC, 4, a, b, c);
                    }
                    case Fast.CMP_MI8 -> {
                        long a = mmu.load8(address(r, bases, in));
                        cpu.lazy(Cpu.FLAGS_SUB, 8, a, in.immediate, a - in.immediate);
                    }
                    case Fast.CMP_MI4 -> {
                        int a = mmu.load4(address(r, bases, in));
                        cpu.lazy(Cpu.FLAGS_SUB, 4, a, in.immediate, a - (int) in.immediate);
                    }
                    case Fast.CMP_MI1 -> {
                        byte a = (byte) mmu.load1(address(r, bases, in));
                        cpu.lazy(Cpu.FLAGS_SUB, 1, a, in.immediate, (byte) (a - in.immediate));
                    }
                    case Fast.TEST_MI1 -> {
                        cpu.lazy(Cpu.FLAGS_LOGIC, 1, 0, 0, (byte) (mmu.load1(address(r, bases, in)) & in.immediate));
                    }
                    case Fast.TEST_RR1 -> {
                        cpu.lazy(Cpu.FLAGS_LOGIC, 1, 0, 0, (byte) (r[in.first] & r[in.second]));
                    }
                    case Fast.INC8 -> {
                        long c = r[in.first] + 1;
                        r[in.first] = c;
                        cpu.lazy(Cpu.FLAGS_INC, 8, cpu.cf() ? Cpu.CF : 0, 0, c);
                    }
                    case Fast.INC4 -> {
                        int c = (int) r[in.first] + 1;
                        r[in.first] = c & LOW;
                        cpu.lazy(Cpu.FLAGS_INC, 4, cpu.cf() ? Cpu.CF : 0, 0, c);
                    }
                    case Fast.DEC8 -> {
                        long c = r[in.first] - 1;
                        r[in.first] = c;
                        cpu.lazy(Cpu.FLAGS_DEC, 8, cpu.cf() ? Cpu.CF : 0, 0, c);
                    }
                    case Fast.DEC4 -> {
                        int c = (int) r[in.first] - 1;
                        r[in.first] = c & LOW;
                        cpu.lazy(Cpu.FLAGS_DEC, 4, cpu.cf() ? Cpu.CF : 0, 0, c);
                    }
                    case Fast.SHL8 -> {
                        r[in.first] = Shifts.compute(cpu, Op.SHL, 8, r[in.first], (int) in.immediate & 63);
                    }
                    case Fast.SHL4 -> {
                        r[in.first] = Shifts.compute(cpu, Op.SHL, 4, r[in.first] & LOW, (int) in.immediate & 31) & LOW;
                    }
                    case Fast.SHR8 -> {
                        r[in.first] = Shifts.compute(cpu, Op.SHR, 8, r[in.first], (int) in.immediate & 63);
                    }
                    case Fast.SHR4 -> {
                        r[in.first] = Shifts.compute(cpu, Op.SHR, 4, r[in.first] & LOW, (int) in.immediate & 31) & LOW;
                    }
                    case Fast.SAR8 -> {
                        r[in.first] = Shifts.compute(cpu, Op.SAR, 8, r[in.first], (int) in.immediate & 63);
                    }
                    case Fast.SAR4 -> {
                        r[in.first] = Shifts.compute(cpu, Op.SAR, 4, r[in.first] & LOW, (int) in.immediate & 31) & LOW;
                    }
                    case Fast.IMUL8 -> {
                        long a = r[in.first];
                        long b = r[in.second];
                        long c = a * b;
                        r[in.first] = c;
                        cpu.mixed(c, Math.multiplyHigh(a, b) != c >> 63 ? Cpu.CF | Cpu.OF : 0);
                    }
                    case Fast.IMUL4 -> {
                        long c = (long) (int) r[in.first] * (int) r[in.second];
                        r[in.first] = c & LOW;
                        int low = (int) c;
                        cpu.mixed(low, c != low ? Cpu.CF | Cpu.OF : 0);
                    }
                    case Fast.CMOV8 -> {
                        if (cpu.condition(in.code)) {
                            r[in.first] = r[in.second];
                        }
                    }
                    case Fast.CMOV4 -> {
                        r[in.first] = (cpu.condition(in.code) ? r[in.second] : r[in.first]) & LOW;
                    }
                    case Fast.PUSH8 -> {
                        long pointer = r[4] - 8;
                        mmu.store8(pointer, r[in.first]);
                        r[4] = pointer;
                    }
                    case Fast.POP8 -> {
                        long value = mmu.load8(r[4]);
                        r[4] += 8;
                        r[in.first] = value;
                    }
                    case Fast.JUMP -> {
                        cpu.rip = in.target;
                        return;
                    }
                    case Fast.JUMP_E -> {
                        cpu.rip = cpu.zf() ? in.target : in.next;
                        return;
                    }
                    case Fast.JUMP_NE -> {
                        cpu.rip = cpu.zf() ? in.next : in.target;
                        return;
                    }
                    case Fast.JUMP_IF -> {
                        cpu.rip = cpu.condition(in.code) ? in.target : in.next;
                        return;
                    }
                    case Fast.CALL8 -> {
                        long pointer = r[4] - 8;
                        mmu.store8(pointer, in.next);
                        r[4] = pointer;
                        cpu.rip = in.target;
                        return;
                    }
                    case Fast.RET8 -> {
                        cpu.rip = Jumps.checked(cpu, mmu.load8(r[4]));
                        r[4] += 8;
                        return;
                    }
                    default -> {
                        cpu.rip = in.next;
                        Groups.execute(cpu, in);
                        if (in.ends) {
                            return;
                        }
                    }
                }
            }
            cpu.rip = in.next;
        } catch (Fault fault) {
            cpu.rip = fault.placed ? cpu.rip : in.address;
            throw fault;
        }
    }
}
