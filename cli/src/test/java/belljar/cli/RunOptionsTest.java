package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.engine.DeviceRequest;
import belljar.engine.IdChoice;
import belljar.engine.MountRequest;
import belljar.engine.NamespaceMode;
import belljar.engine.NetworkRequest;
import belljar.engine.RunRequest;
import belljar.engine.Signals;
import belljar.engine.StorageRequest;
import belljar.failure.UserException;
import belljar.image.Credential;
import belljar.image.RegistryOptions;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Resources;
import belljar.sandbox.RlimitSpec;
import belljar.sandbox.SeccompSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RunOptionsTest {
    private static final Map<String, String> ENV = Map.of("MINE", "here", "HOME", "/home/me");

    @TempDir
    Path tmp;

    @Test
    void asksForNothingByDefault() {
        assertThat(parse("img")).isEqualTo(RunRequest.of("img"));
    }

    @Test
    void takesOptionsOfOneMeaningWithThatMeaning() {
        assertThat(parse(
                        "--systemd=true",
                        "--cgroups",
                        "enabled",
                        "--sdnotify=ignore",
                        "--seccomp-policy=default",
                        "--disable-content-trust",
                        "img"))
                .isEqualTo(RunRequest.of("img"));
        for (String other : List.of("--systemd=always", "--cgroups=disabled", "--sdnotify=conmon")) {
            assertThatThrownBy(() -> parse(other, "img"))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining(other.substring(0, other.indexOf('=')))
                    .hasMessageContaining("leave it out");
        }
    }

    @Test
    void readsAPlatformPartByPart() {
        assertThat(parse("--arch", "arm64", "--variant=v8", "img").platform()).isEqualTo("linux/arm64/v8");
        assertThat(parse("--os", "linux", "img").platform()).isEqualTo("linux/amd64");
        assertThatThrownBy(() -> parse("--arch=arm64", "--platform=linux/arm64", "img"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("give only one");
    }

    @Test
    void takesADirectoryInPlaceOfAnImage() {
        assertThat(parse("--rootfs", "/srv/root").image()).isEqualTo("dir:/srv/root");
        assertThat(parse("--rootfs", "here").image())
                .isEqualTo("dir:" + Path.of("here").toAbsolutePath());
    }

    @Test
    void passesVariablesOfProxiesOnWhenAsked() {
        Map<String, String> env = Map.of("http_proxy", "http://p:1", "OTHER", "x");
        assertThat(RunOptions.parse(arguments("--http-proxy", "img"), env)
                        .process()
                        .env())
                .containsExactly("http_proxy=http://p:1");
        assertThat(RunOptions.parse(arguments("img"), env).process().env()).isEmpty();
    }

    @Test
    void knowsTheTimeZonesOfTheHostOnly() {
        for (String zone : List.of("Nowhere/City", "../../../etc/passwd", "")) {
            assertThatThrownBy(() -> parse("--tz=" + zone, "img"))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("no time zone of this host");
        }
    }

    @Test
    void readsWhatConcernsTheContainer() {
        RunRequest request = parse(
                "--name",
                "jar",
                "--rm",
                "--isolation=vm",
                "--cidfile",
                "/x",
                "-l",
                "a=b",
                "-l",
                "c",
                "--annotation",
                "d=e",
                "--pull=always",
                "--tls-verify=false",
                "--creds",
                "me:secret",
                "--platform",
                "linux/arm64",
                "-q",
                "img");
        assertThat(request.name()).isEqualTo("jar");
        assertThat(request.remove()).isTrue();
        assertThat(request.isolation()).isEqualTo("vm");
        assertThat(request.cidFile()).isEqualTo("/x");
        assertThat(request.labels()).isEqualTo(Map.of("a", "b", "c", ""));
        assertThat(request.annotations()).isEqualTo(Map.of("d", "e"));
        assertThat(request.pull()).isEqualTo(RunRequest.PullPolicy.ALWAYS);
        assertThat(request.platform()).isEqualTo("linux/arm64");
        assertThat(request.quiet()).isTrue();
        RegistryOptions registry = request.registry().orElseThrow();
        assertThat(registry.tlsVerify()).isFalse();
        assertThat(registry.credential()).hasValue(new Credential.Password("me", "secret"));
    }

    @Test
    void readsTheProcess() {
        var process = parse(
                        "-it",
                        "-u",
                        "web:web",
                        "-w",
                        "/srv",
                        "--init",
                        "--stop-signal",
                        "SIGINT",
                        "--umask",
                        "027",
                        "--oom-score-adj",
                        "-5",
                        "--group-add",
                        "a,b",
                        "--ulimit",
                        "nofile=1:2",
                        "--ulimit",
                        "core=-1",
                        "img",
                        "cmd",
                        "-x")
                .process();
        assertThat(process.command()).containsExactly("cmd", "-x");
        assertThat(process.tty()).isTrue();
        assertThat(process.interactive()).isTrue();
        assertThat(process.user()).isEqualTo("web:web");
        assertThat(process.workdir()).isEqualTo("/srv");
        assertThat(process.init()).isTrue();
        assertThat(process.stopSignal()).isEqualTo("SIGINT");
        assertThat(process.umask()).hasValue(027);
        assertThat(process.oomScoreAdj()).hasValue(-5);
        assertThat(process.groups()).containsExactly("a", "b");
        assertThat(process.rlimits())
                .containsExactly(new RlimitSpec("RLIMIT_NOFILE", 1, 2), new RlimitSpec("RLIMIT_CORE", -1, -1));
    }

    @Test
    void readsEntrypoints() {
        assertThat(parse("img").process().entrypoint()).isEmpty();
        assertThat(parse("--entrypoint", "", "img").process().entrypoint()).hasValue(List.of());
        assertThat(parse("--entrypoint", "a b", "img").process().entrypoint()).hasValue(List.of("a b"));
        assertThat(parse("--entrypoint", "[\"a\",\"b\"]", "img").process().entrypoint())
                .hasValue(List.of("a", "b"));
    }

    @Test
    void mergesVariables() throws IOException {
        Path file =
                Files.writeString(tmp.resolve("env"), "# comment\n\n  A=1 # kept\nB=\"q\"\r\nMINE\nUNSET\n   #x\nC=\n");
        assertThat(parse("-e", "A=3", "--env-file", file.toString(), "-e", "MINE", "-e", "NOT", "img")
                        .process()
                        .env())
                .containsExactly("A=1 # kept", "B=\"q\"", "MINE=here", "C=", "A=3", "MINE=here");
        assertThat(parse("--env-host", "--unsetenv", "A,B", "img").process().env())
                .containsExactlyInAnyOrder("MINE=here", "HOME=/home/me");
        assertThat(parse("--unsetenv", "A", "--unsetenv-all", "img").process().unsetAllEnv())
                .isTrue();
    }

    @Test
    void readsLimits() {
        Resources limits = parse(
                        "-m",
                        "1.5g",
                        "--memory-swap=-1",
                        "--memory-reservation",
                        "512M",
                        "--cpus",
                        ".5",
                        "-c",
                        "512",
                        "--cpuset-cpus",
                        "0",
                        "--pids-limit",
                        "0",
                        "--blkio-weight",
                        "500",
                        "img")
                .resources();
        assertThat(limits.memory()).hasValue(3L << 29);
        assertThat(limits.memorySwap()).hasValue(-1);
        assertThat(limits.memoryReservation()).hasValue(512L << 20);
        assertThat(limits.cpuQuota()).hasValue(50_000);
        assertThat(limits.cpuPeriod()).hasValue(100_000);
        assertThat(limits.cpuShares()).hasValue(512);
        assertThat(limits.cpusetCpus()).isEqualTo("0");
        assertThat(limits.pids()).hasValue(-1);
        assertThat(limits.ioWeight()).hasValue(500);
        assertThat(parse("--device-cgroup-rule", "c 10:* rw", "img").resources().deviceRules())
                .containsExactly(new Resources.DeviceRule(true, 'c', 10, -1, "rw"));
        assertThat(parse("--cpu-quota", "20000", "--cpu-period=50000", "-m", "0", "img")
                        .resources())
                .isEqualTo(new Resources(
                        OptionalLong.of(20000),
                        OptionalLong.of(50000),
                        OptionalLong.empty(),
                        "",
                        "",
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        OptionalInt.empty(),
                        List.of()));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1, 1",
        "7b, 7",
        "2k, 2048",
        "2K, 2048",
        "2kb, 2048",
        "2KiB, 2048",
        "3m, 3145728",
        "1g, 1073741824",
        "1t, 1099511627776",
        "0.5k, 512",
        "1.25m, 1310720"
    })
    void readsSizes(String text, long bytes) {
        assertThat(Values.bytes("memory", text)).isEqualTo(bytes);
    }

    @Test
    void readsMounts() {
        StorageRequest storage = parse(
                        "-v",
                        "/a:/b",
                        "-v",
                        "./rel:/c:ro,rslave",
                        "-v",
                        "named:/d:nocopy",
                        "-v",
                        "/anonymous",
                        "-v",
                        "/e:/f:z",
                        "--mount",
                        "type=bind,src=/g,dst=/h,readonly,bind-propagation=rshared",
                        "--mount",
                        "type=tmpfs,dst=/i,tmpfs-size=1m,tmpfs-mode=1777",
                        "--mount",
                        "src=vol,target=/j,volume-nocopy",
                        "--mount",
                        "type=bind,source=/k,destination=/l,bind-nonrecursive,ro=false",
                        "--tmpfs",
                        "/m",
                        "--tmpfs",
                        "/n:size=5m,noexec",
                        "img")
                .storage();
        assertThat(storage.mounts())
                .containsExactly(
                        new MountRequest.Bind("/a", "/b", List.of()),
                        new MountRequest.Bind(
                                Path.of("rel").toAbsolutePath().toString(), "/c", List.of("ro", "rslave")),
                        new MountRequest.Volume("named", "/d", List.of("nocopy")),
                        new MountRequest.Volume("", "/anonymous", List.of()),
                        new MountRequest.Bind("/e", "/f", List.of()),
                        new MountRequest.Bind("/g", "/h", List.of("ro", "rshared", "rbind")),
                        new MountRequest.Tmpfs("/i", List.of("size=1048576", "mode=1777")),
                        new MountRequest.Volume("vol", "/j", List.of("nocopy")),
                        new MountRequest.Bind("/k", "/l", List.of("rw", "bind")),
                        new MountRequest.Tmpfs("/m", List.of()),
                        new MountRequest.Tmpfs("/n", List.of("size=5m", "noexec")));
    }

    @Test
    void readsDevicesAndTheRoot() {
        StorageRequest storage = parse(
                        "--device",
                        "/dev/a",
                        "--device",
                        "/dev/a:/dev/b",
                        "--device",
                        "/dev/a:rw",
                        "--device",
                        "/dev/a:/dev/c:m",
                        "--read-only",
                        "--read-only-tmpfs=false",
                        "--shm-size",
                        "1m",
                        "--image-volume=tmpfs",
                        "img")
                .storage();
        assertThat(storage.devices())
                .containsExactly(
                        new DeviceRequest("/dev/a", "/dev/a", "rwm"),
                        new DeviceRequest("/dev/a", "/dev/b", "rwm"),
                        new DeviceRequest("/dev/a", "/dev/a", "rw"),
                        new DeviceRequest("/dev/a", "/dev/c", "m"));
        assertThat(storage.readonlyRoot()).isTrue();
        assertThat(storage.readonlyTmpfs()).isFalse();
        assertThat(storage.shmSize()).hasValue(1 << 20);
        assertThat(storage.imageVolumes()).isEqualTo(StorageRequest.ImageVolumes.TMPFS);
    }

    @Test
    void readsSecurity() throws IOException {
        Path profile = Files.writeString(tmp.resolve("seccomp.json"), "{}");
        var security = parse(
                        "--privileged",
                        "--cap-add",
                        "net_raw,KILL",
                        "--cap-drop=all",
                        "--security-opt",
                        "no-new-privileges:false",
                        "--security-opt",
                        "mask=/a:/b",
                        "--security-opt",
                        "unmask=ALL",
                        "--security-opt",
                        "seccomp=" + profile,
                        "--security-opt",
                        "label=disable",
                        "--sysctl",
                        "net.core.somaxconn=5",
                        "img")
                .security();
        assertThat(security.privileged()).isTrue();
        assertThat(security.capAdd()).containsExactly("net_raw", "KILL");
        assertThat(security.capDrop()).containsExactly("all");
        assertThat(security.noNewPrivileges()).hasValue(false);
        assertThat(security.mask()).containsExactly("/a", "/b");
        assertThat(security.unmask()).containsExactly("ALL");
        assertThat(security.seccomp()).hasValue(new SeccompSpec.Profile(profile.toString(), "{}"));
        assertThat(security.sysctls()).isEqualTo(Map.of("net.core.somaxconn", "5"));
        assertThat(parse("--security-opt=no-new-privileges", "img").security().noNewPrivileges())
                .hasValue(true);
        assertThat(parse("--security-opt=seccomp:unconfined", "img").security().seccomp())
                .hasValue(new SeccompSpec.Unconfined());
    }

    @Test
    void readsNamespaces() {
        var namespaces = parse(
                        "--pid=host",
                        "--ipc",
                        "none",
                        "--uts",
                        "ns:/x",
                        "--cgroupns=private",
                        "--userns",
                        "keep-id",
                        "img")
                .namespaces();
        assertThat(namespaces.pid()).isEqualTo(NamespaceMode.HOST);
        assertThat(namespaces.ipc()).isEqualTo(NamespaceMode.NONE);
        assertThat(namespaces.uts()).isEqualTo(new NamespaceMode.Path("/x"));
        assertThat(namespaces.cgroup()).isEqualTo(NamespaceMode.PRIVATE);
        assertThat(namespaces.user()).isEqualTo(NamespaceMode.PRIVATE);
        assertThat(namespaces.ids()).isEqualTo(new IdChoice.KeepId(-1, -1));
        var mapped = parse("--uidmap", "0:100000:65536", "img").namespaces();
        IdMaps.Range range = new IdMaps.Range(0, 100000, 65536);
        assertThat(mapped.user()).isEqualTo(NamespaceMode.PRIVATE);
        assertThat(mapped.ids()).isEqualTo(new IdChoice.Given(new IdMaps(List.of(range), List.of(range))));
        assertThat(parse("--gidmap", "0:100000:65536", "img").namespaces()).isEqualTo(mapped);
        assertThat(parse("--userns=keep-id:gid=7,uid=8", "img").namespaces().ids())
                .isEqualTo(new IdChoice.KeepId(8, 7));
        assertThat(parse("--userns=nomap", "img").namespaces().user()).isEqualTo(NamespaceMode.PRIVATE);
        assertThat(parse("--subgidname", "joe", "img").namespaces().ids())
                .isEqualTo(new IdChoice.Granted("joe", "joe"));
    }

    @Test
    void readsTheNetwork() {
        NetworkRequest network = parse(
                        "--net",
                        "container:other",
                        "-h",
                        "jar",
                        "--add-host",
                        "db:10.0.0.1",
                        "--add-host",
                        "six:[::1]",
                        "--dns",
                        "10.0.0.2,::2",
                        "--dns-search",
                        "a.org",
                        "--dns-opt",
                        "ndots:1",
                        "img")
                .network();
        assertThat(network)
                .isEqualTo(new NetworkRequest(
                        new NamespaceMode.Of("other"),
                        "jar",
                        List.of(
                                new NetworkRequest.HostEntry("db", "10.0.0.1"),
                                new NetworkRequest.HostEntry("six", "::1")),
                        false,
                        List.of("10.0.0.2", "::2"),
                        List.of("a.org"),
                        List.of("ndots:1")));
        assertThat(parse("--network", "none", "img").network().mode()).isEqualTo(NamespaceMode.NONE);
    }

    @ParameterizedTest
    @CsvSource({"TERM,15", "sigkill,9", "9,9", "RTMIN,34", "SIGRTMIN+2,36", "rtmax-1,63", "RTMAX,64"})
    void knowsSignals(String text, int number) {
        assertThat(Signals.number(text)).isEqualTo(number);
    }

    private static RunRequest parse(String... args) {
        return RunOptions.parse(arguments(args), ENV);
    }

    private static Arguments arguments(String... args) {
        return Arguments.parse("run", RunOptions.table(), Arrays.asList(args), true);
    }
}
