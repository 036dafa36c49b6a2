package belljar.translator;

import belljar.machine.LocalApic;
import belljar.machine.StartState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Executes single instructions for a CPU that cannot, on that CPU's state. Nothing decoded is kept, since the other CPU
 * writes to memory unseen. For the thread of that CPU.
 */
public final class StandIn {
    private static final int PAGE = 4096;

    /** How it ended. */
    public enum Outcome {
        /** The CPU can go on. */
        GOES_ON,

        /** The last instruction was HLT: the CPU waits for an interrupt. */
        HALTED,

        /** Exceptions could not be delivered: the processor would have shut down (SDM volume 3, 6.15, vector 8). */
        SHUT_DOWN
    }

    private final Cpu cpu;
    private final CpuState state = new CpuState();
    private final Decoder decoder = new Decoder();
    private final byte[] bytes = new byte[Decoder.MOST_BYTES];
    private String last = "";

    /**
     * Makes one.
     *
     * @param host what the CPU is connected to
     * @param apic the CPU's local APIC
     */
    public StandIn(CpuHost host, LocalApic apic) {
        this.cpu = new Cpu(apic.id(), host, apic, new CodePages(host.memory().size()));
    }

    /** {@return the state that {@link #execute} begins with, and which it changes} */
    public CpuState state() {
        return state;
    }

    /** {@return the name of the first operation that {@link #execute} executed last} */
    public String last() {
        return last;
    }

    /**
     * Fills the state with that in which a boot protocol wants the first CPU.
     *
     * @param start where it begins
     */
    public void boot(StartState start) {
        Starting.apply(cpu, start);
        state.leave(cpu);
    }

    /** Fills the state with that after INIT; what INIT leaves alone stays. */
    public void reset() {
        state.enter(cpu);
        Starting.reset(cpu);
        state.leave(cpu);
    }

    /**
     * Has the state, which is that after INIT, begin in real mode.
     *
     * @param vector the number of the page, below 1 MiB, that it begins at
     */
    public void startup(int vector) {
        state.enter(cpu);
        Starting.startup(cpu, vector);
        state.leave(cpu);
    }

    /**
     * Executes instructions, with the exceptions they raise. Interrupts are not looked for.
     *
     * @param count how many, 1 or more
     * @return how it ended
     */
    public Outcome execute(int count) {
        state.enter(cpu);
        last = "";
        Outcome outcome = Outcome.GOES_ON;
        for (int i = 0; i < count && outcome == Outcome.GOES_ON; i++) {
            outcome = step();
        }
        state.leave(cpu);
        return outcome;
    }

    /**
     * Delivers an exception or an interrupt.
     *
     * @param vector its vector, 0 to 255
     * @param code its error code; of no meaning where it has none
     * @param isExternal whether it is no exception
     * @return how it ended
     */
    public Outcome deliver(int vector, int code, boolean isExternal) {
        state.enter(cpu);
        Outcome outcome;
        try {
            Interrupts.deliver(cpu, vector, code, isExternal ? Interrupts.Cause.EXTERNAL : Interrupts.Cause.FAULT);
            outcome = Outcome.GOES_ON;
        } catch (Fault second) {
            outcome = SecondFault.deliver(cpu, vector, second) ? Outcome.GOES_ON : Outcome.SHUT_DOWN;
        }
        state.leave(cpu);
        return outcome;
    }

    private Outcome step() {
        try {
            Insn in = fetch();
            if (last.isEmpty()) {
                last = in.op.name();
            }
            Interpreter.run(cpu, new Block(new Insn[] {in}, cpu.rip, 0, cpu.mode, 0, 0));
        } catch (Fault fault) {
            if (last.isEmpty()) {
                last = "fetch";
            }
            if (!SecondFault.deliverFirst(cpu, fault)) {
                return Outcome.SHUT_DOWN;
            }
        }
        return cpu.halted ? Outcome.HALTED : Outcome.GOES_ON;
    }

    private Insn fetch() {
        long base = cpu.mode == Decoder.BITS64 ? 0 : cpu.segments.base[Insn.CS];
        long linear = cpu.wrap(base + cpu.rip);
        int first = (int) Math.min(Decoder.MOST_BYTES, PAGE - (linear & PAGE - 1));
        copy(linear, 0, first);
        Insn in = decoder.decode(bytes, 0, first, cpu.rip, cpu.mode);
        if (in == null && first < Decoder.MOST_BYTES) {
            copy(cpu.wrap(linear + first), first, Decoder.MOST_BYTES - first);
            in = decoder.decode(bytes, 0, Decoder.MOST_BYTES, cpu.rip, cpu.mode);
        }
        if (in == null) {
            throw cpu.protection(0); // longer than an instruction may be
        }
        return in;
    }

    private void copy(long linear, int at, int length) {
        long offset = cpu.mmu.codeOffset(linear);
        if (offset < 0) {
            throw cpu.protection(0); // code in a device's registers
        }
        MemorySegment.copy(cpu.mmu.ram(), ValueLayout.JAVA_BYTE, offset, bytes, at, length);
    }
}
