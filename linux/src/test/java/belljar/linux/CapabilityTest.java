package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class CapabilityTest {
    @Test
    void hasTheKernelsNumbers() {
        assertThat(Capability.CHOWN.number()).isZero();
        assertThat(Capability.NET_ADMIN.number()).isEqualTo(12);
        assertThat(Capability.SYS_ADMIN.number()).isEqualTo(21);
        assertThat(Capability.SETFCAP.number()).isEqualTo(31);
        assertThat(Capability.CHECKPOINT_RESTORE.number()).isEqualTo(40);
    }

    @Test
    void readsNamesInEveryForm() {
        assertThat(Capability.parse("CAP_NET_ADMIN")).isEqualTo(Capability.NET_ADMIN);
        assertThat(Capability.parse("net_admin")).isEqualTo(Capability.NET_ADMIN);
        assertThat(Capability.parse("cap_bpf")).isEqualTo(Capability.BPF);
        assertThat(CapabilitySet.parse("all")).isEqualTo(CapabilitySet.ofKernel());
        assertThat(CapabilitySet.parse("kill")).isEqualTo(CapabilitySet.of(Capability.KILL));
    }

    @Test
    void namesACapabilityThatDoesNotExist() {
        assertThatThrownBy(() -> Capability.parse("CAP_FLY"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("'CAP_FLY' is not a capability");
        assertThatThrownBy(() -> Capability.parse("CAP_ALL")).isInstanceOf(UserException.class);
        assertThatThrownBy(() -> CapabilitySet.parse("")).isInstanceOf(UserException.class);
    }

    @Test
    void combinesSets() {
        CapabilitySet both = CapabilitySet.of(Capability.CHOWN, Capability.BPF);
        CapabilitySet one = CapabilitySet.of(Capability.BPF);
        assertThat(both.minus(one)).isEqualTo(CapabilitySet.of(Capability.CHOWN));
        assertThat(both.intersect(one)).isEqualTo(one);
        assertThat(one.union(CapabilitySet.of(Capability.CHOWN))).isEqualTo(both);
        assertThat(both.containsAll(one)).isTrue();
        assertThat(one.containsAll(both)).isFalse();
        assertThat(both.names()).containsExactly("CAP_CHOWN", "CAP_BPF");
        assertThat(both.bits()).isEqualTo(1L | 1L << 39);
        assertThat(CapabilitySet.NONE.isEmpty()).isTrue();
    }

    @Test
    void keepsCapabilitiesNewerThanItsNames() {
        assertThat(CapabilitySet.ofBits(1L << 55).names()).containsExactly("CAP_55");
    }

    @Test
    void readsTheBoundingSetOfThisProcess() throws Exception {
        String line = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(l -> l.startsWith("CapBnd:"))
                .findFirst()
                .orElseThrow();
        assertThat(CapabilitySet.bounding().bits())
                .isEqualTo(Long.parseUnsignedLong(line.substring(7).strip(), 16));
        assertThat(CapabilitySet.ofKernel().containsAll(CapabilitySet.bounding()))
                .isTrue();
        // Not Files.readString: it asks for one byte first, and a file of /proc/sys answers only its first read.
        try (BufferedReader last = Files.newBufferedReader(Path.of("/proc/sys/kernel/cap_last_cap"))) {
            assertThat(CapabilitySet.lastOfKernel()).isEqualTo(Integer.parseInt(last.readLine()));
        }
    }

    @Test
    void laysOutWhatCapgetFillsIn() {
        HostKernel kernel = HostKernel.INSTANCE;
        try (Memory memory = kernel.lend()) {
            long header = CapabilityData.header(memory);
            long data = memory.allocate(CapabilityData.DATA_SIZE);
            assertThat(kernel.call(Nr.CAPGET, header, data)).isZero();
            CapabilitySet effective = CapabilityData.set(memory, data, 0);
            assertThat(effective).isEqualTo(CapabilitySet.effective());
            CapabilitySet permitted = CapabilityData.set(memory, data, 1);
            CapabilitySet inheritable = CapabilityData.set(memory, data, 2);
            long copy = CapabilityData.sets(memory, effective, permitted, inheritable);
            for (int i = 0; i < CapabilityData.DATA_SIZE; i += 4) {
                assertThat(memory.getInt(copy + i)).isEqualTo(memory.getInt(data + i));
            }
        }
    }
}
