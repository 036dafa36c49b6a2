package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is asked of every device: a guest may do what it wants with it. */
@Timeout(value = 20, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class HostileGuestTest {
    private static final long FEW = 30_000;
    private static final long MANY = 6_250_000;
    private static final int SEEDS = 4;

    /** The devices, and how a driver sees that they work. */
    enum Kind {
        ECHO {
            @Override
            void torment(long seed, long operations) {
                HostileGuest.torment(EchoDevice::new, seed, operations, random -> {}, guest -> {
                    TestRing.Piece in = guest.in(3);
                    assertThat(guest.send(1, guest.out(new byte[] {1, 2, 3}), in))
                            .isEqualTo(3);
                    assertThat(guest.bytes(in)).containsExactly(1, 2, 3);
                });
            }
        },
        ENTROPY {
            @Override
            void torment(long seed, long operations) {
                HostileGuest.torment(
                        () -> new EntropyDevice(new SecureRandom()),
                        seed,
                        operations,
                        random -> {},
                        guest -> assertThat(guest.send(0, guest.in(64))).isEqualTo(64));
            }
        },
        BLOCK {
            @Override
            void torment(long seed, long operations) {
                HostileGuest.torment(
                        () -> new BlockDevice(new MemoryDisk(64 * 512 + 100), "disk"),
                        seed,
                        operations,
                        random -> {},
                        guest -> {
                            byte[] header = new byte[16];
                            header[0] = 1;
                            header[8] = 5;
                            byte[] data = new byte[512];
                            data[7] = 77;
                            TestRing.Piece status = guest.in(1);
                            guest.send(0, guest.out(header), guest.out(data), status);
                            assertThat(guest.bytes(status)).containsExactly(0);
                            header[0] = 0;
                            TestRing.Piece in = guest.in(512);
                            assertThat(guest.send(0, guest.out(header), in, status))
                                    .isEqualTo(513);
                            assertThat(guest.bytes(in)).isEqualTo(data);
                        });
            }
        },
        BALLOON {
            @Override
            void torment(long seed, long operations) {
                BalloonDevice balloon = new BalloonDevice(MemoryRelease.NONE);
                HostileGuest.torment(
                        () -> balloon,
                        seed,
                        operations,
                        random -> {
                            balloon.inflateTo(random.nextLong() & Long.MAX_VALUE);
                            balloon.askForStats();
                            balloon.stats();
                        },
                        guest -> {
                            long before = balloon.counts().inflatedPages();
                            guest.send(0, guest.out(new byte[] {1, 0, 0, 0}));
                            assertThat(balloon.counts().inflatedPages()).isEqualTo(before + 1);
                        });
            }
        };

        abstract void torment(long seed, long operations);
    }

    @ParameterizedTest
    @EnumSource
    void neitherThrowNorHangWhateverAGuestDoes(Kind kind) {
        for (int seed = 0; seed < SEEDS; seed++) {
            kind.torment(seed, FEW);
        }
    }

    @ParameterizedTest
    @EnumSource
    @Tag("full")
    void neitherThrowNorHangForHundredMillionOperations(Kind kind) {
        long first = System.nanoTime();
        for (int i = 0; i < SEEDS; i++) {
            System.out.println(kind + " with the seed " + (first + i));
            kind.torment(first + i, MANY);
        }
    }

    /** A disk that fails at times. */
    static final class MemoryDisk implements Disk {
        private final byte[] bytes;
        private boolean closed;

        MemoryDisk(int size) {
            bytes = new byte[size];
        }

        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public boolean isReadOnly() {
            return false;
        }

        @Override
        public void read(ByteBuffer to, long at) throws IOException {
            fail(at);
            to.put(bytes, (int) at, to.remaining());
        }

        @Override
        public void write(ByteBuffer from, long at) throws IOException {
            fail(at);
            from.get(bytes, (int) at, from.remaining());
        }

        private void fail(long at) throws IOException {
            if (at / 512 == 13 || closed) {
                throw new IOException("a bad block");
            }
        }

        @Override
        public void flush() {}

        @Override
        public void zero(long at, long length) {
            java.util.Arrays.fill(bytes, (int) at, (int) (at + length), (byte) 0);
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
