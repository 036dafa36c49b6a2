package belljar.kvm;

import belljar.machine.LocalApic;
import belljar.machine.StartState;
import belljar.machine.Vcpu;
import belljar.translator.CpuHost;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The programs of the suite in KVM. */
final class KvmCpuSuiteTest extends CpuSuite {
    private @Nullable Kvm kvm;
    private final List<KvmMachine> machines = new ArrayList<>();
    private final List<KvmCpu> cpus = new ArrayList<>();

    @BeforeEach
    void open() {
        kvm = Carried.openKvm();
    }

    @AfterEach
    void close() {
        for (KvmCpu cpu : cpus) {
            System.err.println("entered KVM " + cpu.entries() + " times, fell back for " + cpu.fallBacks());
        }
        machines.forEach(KvmMachine::close);
        if (kvm != null) {
            kvm.close();
        }
    }

    @Override
    Guest.Engine engine(Guest guest) {
        KvmMachine machine = java.util.Objects.requireNonNull(kvm).create(guest.memory);
        machines.add(machine);
        return new Guest.Engine() {
            private @Nullable CpuHost host;
            private Runnable shutdown = () -> {};

            @Override
            public Vcpu boot(CpuHost to, LocalApic apic, StartState start, Runnable whenShutDown) {
                host = to;
                shutdown = whenShutDown;
                return note(machine.boot(to, apic, start, whenShutDown));
            }

            @Override
            public Vcpu another(LocalApic apic) {
                return note(machine.another(java.util.Objects.requireNonNull(host), apic, shutdown));
            }

            private KvmCpu note(KvmCpu cpu) {
                cpus.add(cpu);
                return cpu;
            }
        };
    }
}
