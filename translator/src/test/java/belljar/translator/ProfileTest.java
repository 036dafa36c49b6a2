package belljar.translator;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.machine.ApicBus;
import belljar.machine.Bus;
import belljar.machine.Clock;
import belljar.machine.GuestMemory;
import belljar.machine.LocalApic;
import belljar.machine.PowerControl;
import belljar.machine.StartState;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class ProfileTest {
    @Test
    void countsWhatWasExecutedAndDelivered() {
        // mov ecx, 1000; add eax, 3; dec ecx; jnz to the add; int3 through no table: the CPU shuts down
        byte[] code = HexFormat.of().parseHex("b9e8030000" + "83c003" + "49" + "75fa" + "6a006a00" + "0f011c24" + "cc");
        try (Clock clock = new Clock()) {
            GuestMemory memory = GuestMemory.allocate(1 << 20);
            memory.write(0x10000, code);
            SoftwareCpu[] cpu = new SoftwareCpu[1];
            PowerControl power = new PowerControl(state -> cpu[0].stop());
            CpuHost host = new CpuHost(memory, new Bus(), new Bus(), clock);
            StartState start = new StartState(0x10000, false, 0, 0, 0, 0, 0x8000);
            cpu[0] = SoftwareCpu.boot(host, new LocalApic(0, clock, new ApicBus()), start, power::reset);
            Profile profile = cpu[0].profile();
            cpu[0].run();

            String report = Profile.report(List.of(profile, new Profile()));
            assertThat(report).containsPattern("(?m)^ +1000 .*  ADD$");
            assertThat(report).containsPattern("(?m)^ +1000 .*  DEC$");
            assertThat(report).containsPattern("(?m)^ +2997 .* 999 +3 +6  10005$");
            assertThat(report).containsPattern("(?m)^ +1  13$"); // a general protection fault
            assertThat(report).startsWith("3005 instructions in ");
        }
    }
}
