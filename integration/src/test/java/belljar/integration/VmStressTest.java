package belljar.integration;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several virtual CPUs that work hard and check what they find: for minutes, on our own processor. */
@ExtendWith(LeakCheck.class)
@Tag("full")
final class VmStressTest {
    private final Belljar belljar = Shared.belljar();

    private static void stress(Guest guest, String words, int seconds) {
        guest.type(
                "stress-ng --verify --timeout " + seconds + "s " + words + " 2>&1 | grep -v dispatching; echo ended");
        guest.shows("successful run completed");
        guest.shows("ended\r\n");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void computesRightForMinutes(int cpus) throws IOException {
        DebianDisk disk = DebianDisk.of(belljar, "stress-ng,grep");
        try (Guest guest = disk.boot(belljar, "", "--cpus", Integer.toString(cpus))) {
            guest.type("nproc");
            guest.shows(cpus + "\r\n");
            stress(guest, "--cpu 2 --cache 1 --atomic 2", 120);
            stress(guest, "--cpu 2 --cpu-method all", 60);
            stress(guest, "--vm 1 --vm-bytes 64M --memcpy 1", 30);
            stress(guest, "--switch 2 --pipe 1 --futex 2 --timer 1 --clock 1", 30);
            guest.type("dmesg | grep -ciE 'rcu.*stall|lockup|oops|unstable'");
            guest.shows("\n0\r\n");
            DebianDisk.end(guest);
        }
    }
}
