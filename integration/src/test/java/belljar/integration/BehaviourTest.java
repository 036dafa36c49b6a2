package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code run} does, beside what Podman does in the same words: the same, or a difference that is meant. */
@ExtendWith(LeakCheck.class)
final class BehaviourTest {
    private static final Path FILES = Scratch.directory("behaviour");
    private static final String IMAGE = "localhost/behaviour:1";
    private static Podman podman;

    @BeforeAll
    static void sharesAnImage() throws IOException {
        podman = Podman.fresh();
        Belljar belljar = Shared.belljar();
        belljar.good("tag", Shared.BUSYBOX, IMAGE);
        String archive = FILES.resolve("image.tar").toString();
        belljar.good("save", "-q", "--format", "docker-archive", "-o", archive, IMAGE);
        podman.good("load", "-q", "-i", archive);
        Files.createDirectories(FILES.resolve("volume"));
        Scratch.write(FILES.resolve("volume/file"), "of the host\n");
        Scratch.write(FILES.resolve("env"), "# a comment\nONE=1\nTWO=a b = c\n\nEMPTY=\n");
    }

    @AfterAll
    static void ends() {
        if (podman != null) {
            podman.close();
        }
    }

    static Stream<Scenario> process() {
        return Stream.of(
                Scenario.same("-e A=1 -e B=", "echo $A:${B-unset}:${C-unset}"),
                Scenario.same("--env-file FILES/env -e ONE=2", "echo $ONE:$TWO:${EMPTY-unset}"),
                Scenario.same("", "echo $PATH $HOME; [ $HOSTNAME = $(busybox hostname) ] && echo named"),
                Scenario.same("--unsetenv container", "echo ${container-unset}"),
                Scenario.differs("each names itself", "", "echo $container", "0:belljar"),
                Scenario.same("-w /tmp", "pwd"),
                Scenario.same("-u 1000:1001", "busybox id"),
                Scenario.same("-u daemon", "busybox id; echo $HOME"),
                Scenario.same("-u 0 --group-add 50 --group-add daemon", "busybox id -G"),
                Scenario.same("-u 1000", "busybox grep Cap /proc/self/status"),
                Scenario.same("--umask 0077", "umask"),
                Scenario.same("", "umask; echo $$; busybox ps -o pid,comm"),
                Scenario.same("--ulimit stack=1024000:2048000", "ulimit -Ss; ulimit -Hs"),
                Scenario.same("--ulimit core=0", "ulimit -c"),
                Scenario.same("--oom-score-adj 500", "busybox cat /proc/self/oom_score_adj"),
                Scenario.reads("-i", "one\ntwo\n", "busybox tac"),
                Scenario.reads("", "unread", "busybox wc -c"),
                Scenario.same("", "echo out; echo err >&2; exit 7"),
                Scenario.same("", "busybox sh -c 'kill -9 $$'"),
                Scenario.same("", "busybox sh -c 'kill -15 $$'; exit $?"),
                Scenario.same("--no-such-option", ""),
                Scenario.same("--entrypoint /no/such/program", ""),
                Scenario.same("--entrypoint /etc/passwd", ""));
    }

    static Stream<Scenario> files() {
        return Stream.of(
                Scenario.same("-v FILES/volume:/v", "busybox cat /v/file; echo new >/v/new; busybox rm /v/new"),
                Scenario.same("-v FILES/volume:/v:ro", "echo new >/v/new"),
                Scenario.same("--mount type=bind,src=FILES/volume/file,dst=/f,ro", "busybox cat /f; echo x >/f"),
                Scenario.same("-v FILES/volume:/deep/in/the/tree", "busybox ls /deep/in/the/tree"),
                Scenario.same(
                        "--tmpfs /t:size=64k",
                        "busybox dd if=/dev/zero of=/t/f bs=1k count=128 2>/dev/null; busybox stat -c %s /t/f"),
                Scenario.same(
                        "--tmpfs /t",
                        "busybox stat -c %a /t; echo '#!/bin/true' >/t/x; busybox grep -c ' /t tmpfs' /proc/mounts"),
                Scenario.same("--read-only", "echo x >/file"),
                Scenario.same("--read-only", "echo x >/tmp/file && busybox cat /tmp/file"),
                Scenario.same("--shm-size 1m", "busybox df -k /dev/shm | busybox awk 'NR > 1 {print $2}'"),
                Scenario.same("", "busybox ls /dev | busybox grep -vx core"),
                Scenario.differs("Docker has it", "", "busybox readlink /dev/core", "0:/proc/kcore"),
                Scenario.same("--tmpfs /t:mode=700", "busybox stat -c %a /t"),
                Scenario.same("--tmpfs /etc", "busybox stat -c %a /etc; busybox wc -l </etc/passwd"),
                Scenario.differs(
                        "runc gives a tmpfs the mode of what is there, whatever was asked for",
                        "--tmpfs /etc:mode=711",
                        "busybox stat -c %a /etc",
                        "0:711"),
                Scenario.same("--device /dev/null:/dev/nothing", "echo x >/dev/nothing; busybox ls /dev/nothing"),
                Scenario.same(
                        "", "busybox head -c 1 /dev/kmsg; busybox mknod /tmp/mem c 1 1; busybox head -c 1 /tmp/mem"),
                Scenario.same(
                        "",
                        "busybox wc -c </proc/kcore; busybox ls /proc/acpi /proc/scsi; echo 1 >/proc/sys/kernel/panic"),
                Scenario.same("", "busybox touch /sys/x; echo 1 >/proc/sysrq-trigger"),
                Scenario.same("", "busybox ls -ld /proc/self/fd/0 | busybox wc -l; busybox ls /proc/self/fd"),
                Scenario.same("--add-host jar:1.2.3.4", "busybox grep jar /etc/hosts"),
                Scenario.same("", "busybox mount -t tmpfs x /mnt"));
    }

    static Stream<Scenario> fences() {
        return Stream.of(
                Scenario.same("", "busybox grep Cap /proc/self/status"),
                Scenario.same("--cap-drop ALL", "busybox grep Cap /proc/self/status"),
                Scenario.same("--cap-drop ALL --cap-add NET_RAW,CHOWN", "busybox grep Cap /proc/self/status"),
                Scenario.same("--cap-add SYS_ADMIN", "busybox grep CapEff /proc/self/status"),
                Scenario.same("-u 1000 --cap-add NET_ADMIN", "busybox grep Cap /proc/self/status"),
                Scenario.same("--cap-drop CHOWN", "busybox chown 1 /etc/passwd"),
                Scenario.differs(
                        "no new privileges unless asked for",
                        "",
                        "busybox grep -E 'NoNewPrivs|Seccomp:' /proc/self/status",
                        "0:NoNewPrivs:\t1\nSeccomp:\t2"),
                Scenario.same(
                        "--security-opt no-new-privileges --security-opt seccomp=unconfined",
                        "busybox grep -E 'NoNewPrivs|Seccomp:' /proc/self/status"),
                Scenario.same("", "busybox unshare -m true"),
                Scenario.same("", "busybox date -s 2020-01-01"),
                Scenario.same("--sysctl net.ipv4.ip_forward=1", "busybox cat /proc/sys/net/ipv4/ip_forward"),
                Scenario.same("--sysctl kernel.shm_rmid_forced=1", "busybox cat /proc/sys/kernel/shm_rmid_forced"),
                Scenario.same("--hostname jar", "busybox hostname; busybox hostname other"),
                Scenario.same("", "busybox hostname | busybox grep -cE '^[0-9a-f]{12}$'"),
                Scenario.same("--uts host", "busybox hostname"),
                Scenario.same("--pid host", "[ $$ -gt 1 ] && echo high"),
                Scenario.same("", "busybox ls /sys/class/net; busybox cat /proc/self/uid_map"),
                Scenario.same("", "busybox ip link show lo | busybox grep -c UP"),
                Scenario.same(
                        "--pids-limit 20",
                        "i=0; while [ $i -lt 30 ]; do busybox sleep 1 & i=$((i+1)); done 2>/dev/null; echo unlimited"),
                Scenario.same("-m 24m", "busybox tail /dev/zero"),
                Scenario.same("-m 24m", "busybox cat /sys/fs/cgroup/memory/memory.limit_in_bytes"),
                Scenario.same("--cpus 0.5", "busybox cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
                Scenario.same("--cpuset-cpus 0", "busybox grep Cpus_allowed_list /proc/self/status"));
    }

    @ParameterizedTest
    @MethodSource({"process", "files", "fences"})
    void doesAsPodmanDoes(Scenario scenario) {
        List<String> options = new ArrayList<>();
        for (String option : scenario.options()) {
            options.add(option.replace("FILES", FILES.toString()));
        }
        List<String> command =
                scenario.command().isEmpty() ? List.of() : List.of("busybox", "sh", "-c", scenario.command());
        String[] words = Podman.run(options, IMAGE, command).toArray(String[]::new);
        Program.Result theirs = podman.start(words).end(scenario.input());
        Program.Result ours = Shared.belljar().start(words).end(scenario.input());
        if (scenario.ours().isEmpty()) {
            assertThat(seen(ours))
                    .as("Podman's standard error: %s", theirs.err())
                    .isEqualTo(seen(theirs));
        } else {
            assertThat(ours.code() + ":" + ours.out().strip()).isEqualTo(scenario.ours());
            assertThat(theirs.code() + ":" + theirs.out().strip())
                    .as("the difference is gone; so should be its row")
                    .isNotEqualTo(scenario.ours());
        }
    }

    /** {@return what the program did; the words in which an engine refuses are its own} */
    private static String seen(Program.Result result) {
        boolean refused = result.code() >= 125 && result.code() <= 127;
        return result.code() + ":" + result.out() + (refused ? "" : ":" + result.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT", "HUP", "USR1"})
    void passesSignalsOnAsPodmanDoes(String signal) {
        List<String> command = List.of(
                "busybox",
                "sh",
                "-c",
                "trap 'echo got " + signal + "; exit 9' " + signal + "; echo ready >/v/" + signal
                        + "; while :; do busybox sleep 0.1; done");
        String[] words = Podman.run(List.of("-v", FILES.resolve("volume") + ":/v"), IMAGE, command)
                .toArray(String[]::new);
        assertThat(signalled(Shared.belljar().start(words), signal))
                .isEqualTo(signalled(podman.start(words), signal))
                .isEqualTo("9:got " + signal + "\n");
    }

    private static String signalled(Program program, String signal) {
        Path ready = FILES.resolve("volume").resolve(signal);
        try {
            Await.until("the program is ready", () -> Files.exists(ready));
            Files.delete(ready);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        program.signal(signal);
        Program.Result result = program.end("");
        return result.code() + ":" + result.out();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "busybox tty",
                "busybox stty size",
                "busybox stty -a | busybox grep -o onlcr",
                "read x && test -t 1 && echo got it: $x."
            })
    void givesATerminalAsPodmanDoes(String script) {
        Machine.needs("script");
        List<String> words = Podman.run(List.of("-it"), IMAGE, List.of("busybox", "sh", "-c", script));
        String theirs = "";
        // Podman now and then loses what a short program wrote to its terminal.
        for (int tries = 0; theirs.isEmpty() && tries < 5; tries++) {
            theirs = onTerminal(podman.command(words.toArray(String[]::new)), podman.home());
        }
        String ours = onTerminal(Shared.belljar().command(words.toArray(String[]::new)), FILES);
        assertThat(ours).isEqualTo(theirs).isNotEmpty();
    }

    /** {@return what a command writes to a terminal of 33 rows and 99 columns on which a line was typed} */
    private static String onTerminal(List<String> command, Path directory) {
        StringBuilder line = new StringBuilder("stty rows 33 cols 99; exec");
        for (String word : command) {
            line.append(" '").append(word.replace("'", "'\\''")).append('\'');
        }
        Program program = Program.start(
                List.of("script", "-qec", line.toString(), "/dev/null"),
                java.util.Map.of("TMPDIR", directory.toString()),
                directory);
        // What is typed stays unread until the program asks; the end of it must not come before the program's.
        try {
            program.process().getOutputStream().write("typed\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            program.process().getOutputStream().flush();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        Await.until(line + " ends", () -> !program.process().isAlive());
        // The terminal's echo of it comes when it comes.
        List<String> lines = new ArrayList<>(program.end("").good().lines().toList());
        lines.removeIf(text -> text.strip().equals("typed"));
        return String.join("\n", lines);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void reapsOrphansOnlyWithAnInit(boolean init) {
        Machine.needsRoot();
        List<String> command = new ArrayList<>(List.of("run", "--rm"));
        if (init) {
            command.add("--init");
        }
        command.addAll(
                List.of(
                        Shared.BUSYBOX,
                        "busybox",
                        "sh",
                        "-c",
                        "(busybox sh -c 'busybox sleep 0.2 & exit' &); busybox sleep 1; busybox ps -o stat | busybox grep -c Z"));
        Program.Result result = Shared.belljar().run(command.toArray(String[]::new));
        // A shell reaps what it did not start, too; what is left to see is that the init is there and does no harm.
        assertThat(result.out().strip()).isEqualTo("0");
    }
}
