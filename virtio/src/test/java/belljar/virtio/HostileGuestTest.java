package belljar.virtio;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is asked of every device: a guest may do what it wants with it, in either layout of its queues. */
@Timeout(value = 20, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class HostileGuestTest {
    private static final long FEW = 30_000;
    private static final long MANY = 100_000_000;
    private static final int SEEDS = 4;

    @TempDir
    Path directory;

    /** The devices. */
    enum Kind {
        ECHO,
        ENTROPY,
        BLOCK,
        BALLOON,
        NET,
        CONSOLE,
        VSOCK
    }

    private void torment(Kind kind, long seed, long operations) throws IOException {
        switch (kind) {
            case ECHO -> HostileGuest.torment(new Victims.Echo(), seed, operations);
            case ENTROPY -> HostileGuest.torment(new Victims.Entropy(), seed, operations);
            case BLOCK -> HostileGuest.torment(new Victims.Block(), seed, operations);
            case BALLOON -> HostileGuest.torment(new Victims.Balloon(), seed, operations);
            case NET -> HostileGuest.torment(new Victims.Net(), seed, operations);
            case CONSOLE -> HostileGuest.torment(new Victims.Console(), seed, operations);
            case VSOCK -> {
                try (VsockVictim victim = new VsockVictim(directory.resolve("v" + seed))) {
                    HostileGuest.torment(victim, seed, operations);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void neitherThrowNorHangWhateverAGuestDoes(Kind kind) throws IOException {
        long first = System.nanoTime();
        for (int i = 0; i < SEEDS; i++) {
            System.out.println(kind + " with the seed " + (first + i));
            torment(kind, first + i, FEW);
        }
    }

    @ParameterizedTest
    @EnumSource
    @Tag("full")
    void neitherThrowNorHangForHundredMillionOperations(Kind kind) throws IOException {
        long each = MANY / Kind.values().length / SEEDS + 1;
        long first = System.nanoTime();
        for (int i = 0; i < SEEDS; i++) {
            System.out.println(kind + " with the seed " + (first + i));
            torment(kind, first + i, each);
        }
    }
}
