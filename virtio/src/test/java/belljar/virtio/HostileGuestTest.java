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

    private void torment(Kind kind, int seeds, long operations) throws IOException {
        long first = System.nanoTime();
        for (int i = 0; i < seeds; i++) {
            boolean packed = i % 2 == 1;
            long seed = first + i;
            System.out.println(kind + (packed ? ", packed" : ", split") + ", with the seed " + seed);
            System.out.println(operations + " operations: " + torment(kind, packed, seed, operations));
        }
    }

    private String torment(Kind kind, boolean packed, long seed, long operations) throws IOException {
        return switch (kind) {
            case ECHO -> HostileGuest.torment(new Victims.Echo(), packed, seed, operations);
            case ENTROPY -> HostileGuest.torment(new Victims.Entropy(), packed, seed, operations);
            case BLOCK -> HostileGuest.torment(new Victims.Block(), packed, seed, operations);
            case BALLOON -> HostileGuest.torment(new Victims.Balloon(), packed, seed, operations);
            case NET -> HostileGuest.torment(new Victims.Net(), packed, seed, operations);
            case CONSOLE -> HostileGuest.torment(new Victims.Console(), packed, seed, operations);
            case VSOCK -> {
                try (VsockVictim victim = new VsockVictim(directory.resolve("v" + seed))) {
                    yield HostileGuest.torment(victim, packed, seed, operations);
                }
            }
        };
    }

    @ParameterizedTest
    @EnumSource
    void neitherThrowNorHangWhateverAGuestDoes(Kind kind) throws IOException {
        torment(kind, SEEDS, FEW);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("full")
    void neitherThrowNorHangForHundredMillionOperations(Kind kind) throws IOException {
        torment(kind, SEEDS, MANY / Kind.values().length / SEEDS + 1);
    }
}
