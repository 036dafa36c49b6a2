package belljar.kvm;

import belljar.machine.LocalApic;
import belljar.machine.StartState;
import belljar.machine.Vcpu;
import belljar.translator.CpuHost;
import belljar.translator.SoftwareCpu;

/** The programs of the suite in the interpreter. */
final class SoftwareCpuSuiteTest extends CpuSuite {
    @Override
    Guest.Engine engine(Guest guest) {
        return new Guest.Engine() {
            private @org.jspecify.annotations.Nullable SoftwareCpu first;

            @Override
            public Vcpu boot(CpuHost host, LocalApic apic, StartState start, Runnable shutdown) {
                SoftwareCpu made = SoftwareCpu.boot(host, apic, start, shutdown);
                first = made;
                return made;
            }

            @Override
            public Vcpu another(LocalApic apic) {
                return java.util.Objects.requireNonNull(first).another(apic);
            }
        };
    }
}
