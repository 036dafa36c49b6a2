package belljar.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.BugException;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

final class GuestMemoryTest {
    @Test
    void keepsNumbersAsTheGuestDoes() {
        GuestMemory memory = GuestMemory.allocate(2 * GuestMemory.PAGE);
        memory.putLong(4090, 0x1122334455667788L);
        assertThat(memory.getByte(4090)).isEqualTo(0x88);
        assertThat(memory.getShort(4096)).isEqualTo(0x1122);
        assertThat(memory.getInt(4092)).isEqualTo(0x33445566);
    }

    @Test
    void hasAGapBelowFourGigabytes() {
        // Nothing is touched, so that a piece of address space serves for the memory.
        GuestMemory memory = GuestMemory.of(MemorySegment.ofAddress(1 << 20).reinterpret(GuestMemory.LOW_END + 8192));
        assertThat(memory.highSize()).isEqualTo(8192);
        assertThat(memory.offset(GuestMemory.LOW_END - 1)).isEqualTo(GuestMemory.LOW_END - 1);
        assertThat(memory.offset(GuestMemory.LOW_END)).isEqualTo(-1);
        assertThat(memory.offset(GuestMemory.HIGH_BASE - 1)).isEqualTo(-1);
        assertThat(memory.offset(GuestMemory.HIGH_BASE)).isEqualTo(GuestMemory.LOW_END);
        assertThat(memory.offset(GuestMemory.HIGH_BASE + 8191)).isEqualTo(GuestMemory.LOW_END + 8191);
        assertThat(memory.offset(GuestMemory.HIGH_BASE + 8192)).isEqualTo(-1);
        assertThat(memory.offset(-1)).isEqualTo(-1);
        assertThat(memory.contains(GuestMemory.LOW_END - 4, 4)).isTrue();
        assertThat(memory.contains(GuestMemory.LOW_END - 4, 5)).isFalse();
        assertThat(memory.contains(GuestMemory.HIGH_BASE + 8188, 5)).isFalse();
        assertThat(memory.contains(0, Long.MAX_VALUE)).isFalse();
    }

    @Test
    void refusesAddressesThatItHasNot() {
        GuestMemory memory = GuestMemory.allocate(GuestMemory.PAGE);
        assertThatThrownBy(() -> memory.getLong(4089)).isInstanceOf(BugException.class);
        assertThatThrownBy(() -> memory.putByte(-1, 0)).isInstanceOf(BugException.class);
        assertThatThrownBy(() -> memory.write(4000, new byte[97])).isInstanceOf(BugException.class);
        assertThatThrownBy(() -> GuestMemory.allocate(4097)).isInstanceOf(BugException.class);
    }
}
