package belljar.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.failure.HostException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LaunchTest {
    @TempDir
    Path dir;

    @Test
    void runsAProgramToItsEnd() throws IOException {
        assumeTrue(Machine.isRoot(), "skipped: needs root");
        Path log = dir.resolve("log");
        try (PeerView view = PeerView.make();
                Launch launch = new Launch(view, log)) {
            launch.run(List.of("/bin/sh", "-c", "echo seen; echo too >&2"));
        }
        assertThat(log).hasContent("seen\ntoo\n");
    }

    @Test
    void reportsAFailureWithTheProgramsOwnWords() {
        assumeTrue(Machine.isRoot(), "skipped: needs root");
        try (PeerView view = PeerView.make();
                Launch launch = new Launch(view, dir.resolve("log"))) {
            assertThatThrownBy(() -> launch.run(List.of("/bin/sh", "-c", "echo no luck; exit 3")))
                    .isInstanceOf(HostException.class)
                    .hasMessage("'/bin/sh -c echo no luck; exit 3' ended with 3: no luck");
            assertThatThrownBy(() -> launch.run(List.of("/not/there")))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("run /not/there")
                    .hasMessageContaining("ENOENT");
        }
    }

    @Test
    void startsNothingOnceStoppedButWhatTidiesUp() {
        assumeTrue(Machine.isRoot(), "skipped: needs root");
        Path log = dir.resolve("log");
        try (PeerView view = PeerView.make();
                Launch launch = new Launch(view, log)) {
            launch.check();
            launch.stop();
            assertThatThrownBy(() -> launch.run(List.of("/bin/sh", "-c", "echo no")))
                    .isInstanceOf(Benchmark.Interrupted.class);
            assertThatThrownBy(launch::check).isInstanceOf(Benchmark.Interrupted.class);
            launch.tidy(List.of("/bin/sh", "-c", "echo tidy"));
        }
        assertThat(log).hasContent("tidy\n");
    }

    @Test
    void hidesAMixtureOfCgroupVersionsFromPeersAndLeavesTheHostAlone() throws IOException {
        assumeTrue(Machine.isRoot(), "skipped: needs root");
        Path unified = Path.of("/sys/fs/cgroup/unified/cgroup.controllers");
        assumeTrue(
                Files.exists(unified) && !Files.readString(unified).isBlank(),
                "skipped: this host has no controllers in both versions of cgroups");
        String before = Files.readString(Path.of("/proc/self/mounts"));
        try (PeerView view = PeerView.make();
                Launch launch = new Launch(view, dir.resolve("log"))) {
            launch.run(List.of("/bin/sh", "-c", "test ! -e /sys/fs/cgroup/unified && ls /sys/fs/cgroup/*/tasks"));
            assertThat(Files.readString(Path.of("/proc/self/mounts"))).isEqualTo(before);
        }
    }

    @Test
    void findsTheVersionInWhatAProgramSays() {
        assertThat(Machine.versionIn("crun version 1.8.1\ncommit: x")).isEqualTo("1.8.1");
        assertThat(Machine.versionIn("/bin/docker-registry github.com/docker/distribution v2.8.2+ds1"))
                .isEqualTo("2.8.2+ds1");
        assertThat(Machine.versionIn("it says nothing")).isEqualTo("of unknown version");
    }
}
