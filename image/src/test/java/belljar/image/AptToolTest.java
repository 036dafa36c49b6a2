package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.BelljarException;
import belljar.failure.HostException;
import belljar.failure.UserException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AptToolTest {
    private static BelljarException failure(String... lines) {
        AptTool tool = new AptTool(AptDirectories.under(Path.of("/nonexistent")), new AptProgress(Progress.NONE, "x"));
        AptRequest request = AptRequest.parse("apt:bash");
        return new AptFailure(tool, request, Path.of("/nonexistent"), Path.of("/nonexistent"))
                .of(new AptTool.Output(List.of(lines), 100));
    }

    @Test
    void readsWhatWouldBeInstalled() {
        List<AptPackage> packages = AptTool.installed(List.of(
                "Reading package lists...",
                "Inst libc6 (2.36-9+deb12u14 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64])",
                "Inst apt [9999:0] (2.6.2 Debian:12.15/oldstable [amd64]) []",
                "Inst base-files (12.4+deb12u15 Debian:12.15/oldstable [all]) [libc6:amd64 ]",
                "Conf libc6 (2.36-9+deb12u14 Debian:12.15/oldstable [amd64])"));

        assertThat(packages)
                .containsExactly(
                        new AptPackage("apt", "2.6.2", "amd64"),
                        new AptPackage("base-files", "12.4+deb12u15", "all"),
                        new AptPackage("libc6", "2.36-9+deb12u14", "amd64"));
    }

    @Test
    void refusesALineThatItDoesNotUnderstand() {
        assertThatThrownBy(() -> AptTool.installed(List.of("Inst libc6")))
                .isInstanceOf(HostException.class)
                .hasMessageContaining("Inst libc6");
    }

    @Test
    void namesFilesAsAptDoes() {
        assertThat(new AptPackage("busybox-static", "1:1.35.0-4+deb12u1+b1", "amd64").fileName())
                .isEqualTo("busybox-static_1%3a1.35.0-4+deb12u1+b1_amd64.deb");
        assertThat(new AptPackage("libssl3", "3.0.22-1~deb12u2", "amd64").fileName())
                .isEqualTo("libssl3_3.0.22-1~deb12u2_amd64.deb");
    }

    @Test
    void namesTheVersionThatIsNotThere() {
        assertThat(failure("E: Version '9' for 'bash' was not found"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("package 'bash' has no version '9'");
    }

    @Test
    void namesWhatProvidesAVirtualPackage() {
        assertThat(failure(
                        "Package awk is a virtual package provided by:",
                        "  original-awk 2022-09-12-1",
                        "  mawk 1.3",
                        "",
                        "E: Package 'awk' has no installation candidate"))
                .isInstanceOf(UserException.class)
                .hasMessage("'awk' is a virtual package; name one that provides it: original-awk, mawk");
    }

    @Test
    void saysWhyPackagesDoNotGoTogether() {
        assertThat(failure(
                        "The following packages have unmet dependencies:",
                        " exim4-config : Conflicts: postfix but 3.7.11 is to be installed",
                        "E: Unable to correct problems, you have held broken packages."))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("do not go together: exim4-config: Conflicts: postfix but 3.7.11");
    }

    @Test
    void passesOnAnyOtherErrorOfApts() {
        assertThat(failure("E: The list of sources could not be read."))
                .isInstanceOf(HostException.class)
                .hasMessageContaining("The list of sources could not be read.");
        assertThat(failure()).isInstanceOf(HostException.class).hasMessageContaining("exit code 100");
    }

    @Test
    void knowsListsThatAreOutOfDate() {
        assertThat(AptFailure.isStale(new AptTool.Output(
                        List.of("E: Failed to fetch http://localhost/x.deb  404  Not Found [IP: 127.0.0.1 80]"), 100)))
                .isTrue();
        assertThat(AptFailure.isStale(new AptTool.Output(
                        List.of("E: Failed to fetch http://localhost/x.deb  Could not connect"), 100)))
                .isFalse();
    }

    @Test
    void suggestsNamesThatAreNear() {
        List<String> names = List.of("busybox", "busybox-static", "bash", "dash", "base-files");

        assertThat(AptFailure.nearest("busibox", names)).containsExactly("busybox");
        assertThat(AptFailure.nearest("busybox-sttaic", names)).containsExactly("busybox-static");
        assertThat(AptFailure.nearest("bsh", names)).containsExactly("bash");
        assertThat(AptFailure.nearest("nothing-like-it", names)).isEmpty();
    }

    @Test
    void tellsHowFarTheDownloadIs() {
        List<String> told = new ArrayList<>();
        AptProgress progress = new AptProgress(
                new Progress() {
                    @Override
                    public void started(String id, String label, long totalBytes) {
                        told.add(id + " " + label + " " + totalBytes);
                    }

                    @Override
                    public void advanced(String id, long bytes) {
                        told.add(id + " " + bytes);
                    }

                    @Override
                    public void finished(String id, String note) {
                        told.add(id + " " + note);
                    }

                    @Override
                    public void message(String line) {}
                },
                "apt:x");
        progress.line("Reading package lists...");
        progress.line("Need to get 37.6 kB/1,928 kB of archives.");
        progress.line("Get:1 http://localhost/debian bookworm/main amd64 a amd64 1.0 [600 B]");
        progress.line("Get:2 http://localhost/debian bookworm/main amd64 b amd64 1.0 [37.0 kB]");
        progress.finish("done");

        assertThat(told).containsExactly("apt:x downloading packages 37600", "apt:x 0", "apt:x 600", "apt:x done");
        assertThat(AptProgress.size("1,5 parsecs")).isEqualTo(-1);
    }

    @Test
    void saysWhatToDoOnAMachineWithoutApt() {
        AptTool tool = new AptTool(AptDirectories.under(Path.of("/nonexistent")), new AptProgress(Progress.NONE, "x"));

        assertThatThrownBy(() -> tool.run(
                        "apt-get-that-is-not-here", Path.of("/nonexistent"), Path.of("/nonexistent"), List.of()))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("use a Debian or Ubuntu machine, or an image from a registry or a file");
    }

    @Test
    void givesStandInsForAllButWhatIsAskedFor() {
        String status = AptStandIns.status(List.of("dpkg", "bash"), List.of("kmod"));

        assertThat(status)
                .contains("Package: apt\n")
                .contains("Package: debconf\n")
                .doesNotContain("Package: dpkg\n");
    }
}
