package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ClaimTest {
    private static final String ID = "0123456789abcdef".repeat(4);

    @TempDir
    private Path live;

    /** Others who look for claims of dead processes find this one before it is locked, now and then. */
    @Test
    void isMadeWhileOthersCleanUp() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        Path hidden = live.resolve("." + ID);
        List<Thread> cleaners = List.of(
                Thread.ofPlatform().start(() -> clean(hidden, done)),
                Thread.ofPlatform().start(() -> clean(hidden, done)));
        try {
            for (int i = 0; i < 2000; i++) {
                try (Claim claim = Claim.make(live, ID, List.of("/place"), true)) {
                    assertThat(Claim.isHeld(live.resolve(ID))).isTrue();
                    assertThat(claim.isFresh()).isTrue();
                }
                assertThat(live).isEmptyDirectory();
            }
        } finally {
            done.set(true);
            for (Thread cleaner : cleaners) {
                cleaner.join();
            }
        }
    }

    private static void clean(Path hidden, AtomicBoolean done) {
        while (!done.get()) {
            Claim.dropHidden(hidden);
        }
    }

    @Test
    void isMadeWhereADeadProcessLeftAHalf() throws Exception {
        Files.createFile(live.resolve("." + ID));
        Claim.make(live, ID, List.of(), false).close();
        assertThat(live).isEmptyDirectory();
    }

    @Test
    void hasOneOwner() {
        try (Claim claim = Claim.make(live, ID, List.of(), true)) {
            assertThat(claim.number()).isNotNegative();
            assertThat(Claim.takeOver(live.resolve(ID))).isNull();
            assertThatThrownBy(() -> Claim.make(live, ID, List.of(), true))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("another command is at work");
        }
    }
}
