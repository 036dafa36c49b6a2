package belljar.kvm;

import belljar.machine.StartState;
import belljar.translator.CpuState;
import belljar.translator.StandIn;
import java.util.Map;
import java.util.TreeMap;

/** The way from KVM's state of a CPU into the interpreter and back, and the book of how often it was gone. */
final class FallBack {
    private static final int IF = 0x200;

    private final KvmRegisters registers;
    private final StandIn standIn;
    private final Map<String, Long> counts = new TreeMap<>();

    FallBack(KvmRegisters registers, StandIn standIn) {
        this.registers = registers;
        this.standIn = standIn;
    }

    /** Puts the CPU where a boot protocol wants it. */
    void boot(StartState start) {
        standIn.boot(start);
        registers.write(standIn.state());
    }

    /** Does what INIT does. */
    void reset() {
        registers.read(standIn.state());
        standIn.reset();
        registers.write(standIn.state());
    }

    /** Has the CPU, which was reset, begin in real mode in a page. */
    void startup(int page) {
        registers.read(standIn.state());
        standIn.startup(page);
        registers.write(standIn.state());
    }

    /** Executes the instruction that KVM cannot. */
    StandIn.Outcome execute() {
        registers.read(standIn.state());
        StandIn.Outcome outcome = standIn.execute(1);
        counts.merge(standIn.last(), 1L, Long::sum);
        registers.write(standIn.state());
        return outcome;
    }

    /** {@return whether interrupts were enabled when the interpreter had done} */
    boolean interruptible() {
        return (standIn.state().registers[CpuState.RFLAGS] & IF) != 0;
    }

    Map<String, Long> counts() {
        return Map.copyOf(counts);
    }
}
