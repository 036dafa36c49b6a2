package belljar.microvm;

import belljar.kvm.Kvm;
import belljar.kvm.KvmMachine;
import belljar.machine.ApicBus;
import belljar.machine.LocalApic;
import belljar.machine.StartState;
import belljar.machine.StateStream;
import belljar.machine.Stateful;
import belljar.machine.Vcpu;
import belljar.translator.CpuHost;
import belljar.translator.SoftwareCpu;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A machine's virtual CPUs, of whichever kind. Closed after all of them have ended, and before the memory goes. */
final class Processors implements Stateful, AutoCloseable {
    private final List<Vcpu> all = new ArrayList<>();
    private final List<LocalApic> apics = new ArrayList<>();
    private final @Nullable KvmMachine machine;

    /**
     * Makes them.
     *
     * @param hardware of which kind, and how many
     * @param host what they are connected to
     * @param bus what their local APICs are connected to
     * @param start where the first begins
     * @param shutdown what happens when the guest has left one of them no way to go on
     * @throws belljar.failure.BelljarException if the host has no such CPUs
     */
    Processors(Hardware hardware, CpuHost host, ApicBus bus, StartState start, Runnable shutdown) {
        for (int i = 0; i < hardware.cpus(); i++) {
            apics.add(new LocalApic(i, host.clock(), bus));
        }
        LocalApic first = apics.getFirst();
        if (hardware.engine() == EngineKind.TRANSLATOR) {
            machine = null;
            SoftwareCpu cpu = SoftwareCpu.boot(host, first, start, shutdown);
            all.add(cpu);
            for (LocalApic other : apics.subList(1, apics.size())) {
                all.add(cpu.another(other));
            }
            return;
        }
        KvmMachine made;
        try (Kvm kvm = Kvm.open()) {
            made = kvm.create(host.memory());
        }
        machine = made;
        try {
            all.add(made.boot(host, first, start, shutdown));
            for (LocalApic other : apics.subList(1, apics.size())) {
                all.add(made.another(host, other, shutdown));
            }
        } catch (RuntimeException e) {
            // Who made this has nothing to close.
            made.close();
            throw e;
        }
    }

    /** Saves or loads them with their local APICs, which say where in memory a CPU finds them. */
    @Override
    public void transfer(StateStream state) {
        for (LocalApic apic : apics) {
            apic.transfer(state);
        }
        for (Vcpu cpu : all) {
            cpu.transfer(state);
        }
    }

    /** {@return the CPUs, by number} */
    List<Vcpu> all() {
        return all;
    }

    @Override
    public void close() {
        if (machine != null) {
            machine.close();
        }
    }
}
