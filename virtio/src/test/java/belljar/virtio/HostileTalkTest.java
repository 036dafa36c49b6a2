package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A guest may do what it wants with the devices that talk to others. */
final class HostileTalkTest {
    private static final long OPERATIONS = 100_000;
    private static final int SEEDS = 3;

    @TempDir
    Path directory;

    @Test
    void theNetworkCardStandsIt() {
        for (int seed = 0; seed < SEEDS; seed++) {
            TestWire wire = new TestWire();
            HostileGuest.torment(
                    () -> new NetDevice(wire, new byte[] {2, 0, 0, 0, 0, 1}, 1500),
                    seed,
                    OPERATIONS,
                    random -> {
                        wire.offloads.clear();
                        if (wire.waiting() < 20) {
                            wire.come(new byte[NetBackend.HEADER + random.nextInt(NetBackend.LONGEST - 100)]);
                        }
                    },
                    guest -> {
                        wire.sent.clear();
                        byte[] frame = new byte[100];
                        frame[50] = 5;
                        guest.send(NetDevice.TRANSMIT, guest.out(frame));
                        assertThat(wire.sent.getLast()).isEqualTo(frame);
                    });
        }
    }

    @Test
    void theConsoleStandsIt() {
        for (int seed = 0; seed < SEEDS; seed++) {
            ConsoleDevice console = new ConsoleDevice(OutputStream.nullOutputStream());
            int[] queued = {0};
            HostileGuest.torment(
                    () -> console,
                    seed,
                    OPERATIONS,
                    random -> {
                        console.resize(random.nextInt(70_000), random.nextInt(70_000));
                        // Never more than fits, for nobody may take it.
                        if (queued[0] < 16_000) {
                            console.receive(new byte[100], 100);
                            queued[0] += 100;
                        }
                    },
                    guest -> {
                        guest.send(ConsoleDevice.OUTPUT, guest.out(new byte[5000]));
                        guest.send(
                                ConsoleDevice.FROM_DRIVER,
                                guest.out(new byte[] {0, 0, 0, 0, ConsolePort.DEVICE_READY, 0, 1, 0}));
                        TestRing.Piece message = guest.in(16);
                        assertThat(guest.send(ConsoleDevice.TO_DRIVER, message)).isPositive();
                        assertThat(guest.bytes(message)[4]).isEqualTo((byte) ConsolePort.PORT_ADD);
                    });
        }
    }

    @Test
    void theSocketsStandIt() {
        for (int seed = 0; seed < SEEDS; seed++) {
            Path path = directory.resolve("v" + seed);
            HostileGuest.torment(() -> new VsockDevice(3, path), seed, OPERATIONS, random -> {}, guest -> {
                byte[] request = new byte[VsockHeader.SIZE];
                request[0] = 3;
                request[8] = 2;
                request[16] = 9;
                request[28] = VsockHeader.STREAM;
                request[30] = VsockHeader.REQUEST;
                guest.send(VsockDevice.FROM_GUEST, guest.out(request));
                TestRing.Piece answer = guest.in(VsockHeader.SIZE);
                assertThat(guest.send(VsockDevice.TO_GUEST, answer)).isEqualTo(VsockHeader.SIZE);
                assertThat(guest.bytes(answer)[30]).isEqualTo((byte) VsockHeader.RESET);
            });
        }
    }
}
