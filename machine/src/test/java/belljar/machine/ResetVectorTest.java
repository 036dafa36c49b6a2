package belljar.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ResetVectorTest {
    @Test
    void isCodeThatWritesToTheResetRegister() {
        GuestMemory memory = GuestMemory.allocate(1 << 20);

        ResetVector.write(memory);

        assertThat(memory.getByte(0xF_FFF0)).as("mov dx").isEqualTo(0xBA);
        assertThat(memory.getShort(0xF_FFF1)).isEqualTo(GuestLayout.RESET_PORT);
        assertThat(memory.getShort(0xF_FFF3)).as("mov al, 1").isEqualTo(0x01B0);
        assertThat(memory.getByte(0xF_FFF5)).as("out dx, al").isEqualTo(0xEE);
    }
}
