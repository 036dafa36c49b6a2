package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A state that is not what was saved is refused, or breaks the device until its reset, and does nothing else. */
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class DamagedStateTest {
    private static final int[] FLIPS = {1, 2, 16, 128, 255};

    @TempDir
    Path directory;

    private int refused;
    private int loaded;

    @ParameterizedTest
    @CsvSource({
        "false,ECHO", "false,ENTROPY", "false,BLOCK", "false,BALLOON", "false,NET", "false,CONSOLE", "false,VSOCK",
        "true,ECHO", "true,ENTROPY", "true,BLOCK", "true,BALLOON", "true,NET", "true,CONSOLE", "true,VSOCK"
    })
    void isRefusedOrBreaksNothingElse(boolean packed, HostileGuestTest.Kind kind) throws IOException {
        switch (kind) {
            case ECHO -> damage(new Victims.Echo(), packed);
            case ENTROPY -> damage(new Victims.Entropy(), packed);
            case BLOCK -> damage(new Victims.Block(), packed);
            case BALLOON -> damage(new Victims.Balloon(), packed);
            case NET -> damage(new Victims.Net(), packed);
            case CONSOLE -> damage(new Victims.Console(), packed);
            case VSOCK -> {
                try (VsockVictim victim = new VsockVictim(directory.resolve("v"))) {
                    damage(victim, packed);
                }
            }
        }
        assertThat(refused).isGreaterThan(100);
        assertThat(loaded).as("numbers that mean something else").isGreaterThan(100);
    }

    private <D extends VirtioDevice> void damage(HostileGuest.Victim<D> victim, boolean packed) {
        D device = victim.make();
        TestDriver driver = new TestDriver(device, packed).start();
        victim.check(device, driver);
        victim.disturb(device, new java.util.Random(1));
        driver.mmio.pause();
        byte[] state = driver.save();
        driver.close();
        for (int length = 0; length < state.length; length++) {
            byte[] part = Arrays.copyOf(state, length);
            assertThatThrownBy(() -> load(victim, driver, part)).isInstanceOf(UserException.class);
        }
        assertThatThrownBy(() -> load(victim, driver, Arrays.copyOf(state, state.length + 1)))
                .isInstanceOf(UserException.class);
        for (int at = 0; at < state.length; at++) {
            for (int flip : FLIPS) {
                byte[] damaged = state.clone();
                damaged[at] ^= (byte) flip;
                flipped(victim, driver, damaged, at, flip);
            }
        }
    }

    private <D extends VirtioDevice> void load(HostileGuest.Victim<D> victim, TestDriver driver, byte[] state) {
        driver.at(victim.make(), state, driver.memory).close();
    }

    private <D extends VirtioDevice> void flipped(
            HostileGuest.Victim<D> victim, TestDriver driver, byte[] state, int at, int flip) {
        D device = victim.make();
        TestDriver next;
        try {
            // All of them may write there: it is only for what they do.
            next = driver.at(device, state, driver.memory);
        } catch (UserException e) {
            refused++;
            return;
        }
        loaded++;
        try (next) {
            next.mmio.resume();
            for (int queue = 0; queue < device.queues(); queue++) {
                next.kick(queue);
            }
            next.mmio.pause();
            next.mmio.resume();
            assertThat(next.mmio.fault().orElse("")).as("byte %d, %d", at, flip).doesNotContain("the device failed");
            next.start();
            victim.check(device, next);
        }
    }
}
