package belljar.microvm;

import belljar.kvm.Kvm;
import belljar.kvm.KvmMachine;
import belljar.machine.ApicBus;
import belljar.machine.LocalApic;
import belljar.machine.StartState;
import belljar.machine.Vcpu;
import belljar.translator.CpuHost;
import belljar.translator.SoftwareCpu;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A machine's virtual CPUs, of whichever kind. Closed after all of them have ended, and before the memory goes. */
final class Processors implements AutoCloseable {
    private final List<Vcpu> all = new ArrayList<>();
    private final @Nullable KvmMachine machine;

    /**
     * Makes them.
     *
     * @param spec of which kind, and how many
     * @param host what they are connected to
     * @param bus what their local APICs are connected to
     * @param start where the first begins
     * @param shutdown what happens when the guest has left one of them no way to go on
     * @throws belljar.failure.BelljarException if the host has no such CPUs
     */
    Processors(MachineSpec spec, CpuHost host, ApicBus bus, StartState start, Runnable shutdown) {
        LocalApic first = new LocalApic(0, host.clock(), bus);
        if (spec.engine() == EngineKind.TRANSLATOR) {
            machine = null;
            SoftwareCpu cpu = SoftwareCpu.boot(host, first, start, shutdown);
            all.add(cpu);
            for (int i = 1; i < spec.cpus(); i++) {
                all.add(cpu.another(new LocalApic(i, host.clock(), bus)));
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
            for (int i = 1; i < spec.cpus(); i++) {
                all.add(made.another(host, new LocalApic(i, host.clock(), bus), shutdown));
            }
        } catch (RuntimeException e) {
            // Who made this has nothing to close.
            made.close();
            throw e;
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
