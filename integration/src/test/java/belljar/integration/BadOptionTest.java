package belljar.integration;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Command lines that cannot be obeyed: each is refused in one sentence, and leaves nothing behind. */
@ExtendWith(LeakCheck.class)
final class BadOptionTest {
    private static final Path FILES = Scratch.directory("bad-options");

    @BeforeAll
    static void writesFiles() {
        Machine.needsRoot();
        Shared.belljar();
        Scratch.write(FILES.resolve("file"), "text");
        Scratch.write(FILES.resolve("env"), "GOOD=1\n=bad\n");
        Scratch.write(FILES.resolve("not.json"), "{\"defaultAction\": ");
        Scratch.write(FILES.resolve("action.json"), "{\"defaultAction\": \"SCMP_ACT_WHATEVER\"}");
        Scratch.write(
                FILES.resolve("archs.json"),
                "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"mkdir\"], \"action\": \"EXPLODE\"}]}");
    }

    static Stream<Refusal> commands() {
        return Stream.of(
                Refusal.of(125, "unknown command 'runn'; did you mean 'run'?", "runn"),
                Refusal.of(125, "unknown command 'image wat'", "image wat"),
                Refusal.of(125, "needs an image", "run"),
                Refusal.of(125, "needs an image", "run --rm"),
                Refusal.of(125, "unknown option --netwrok", "run --netwrok none x"),
                Refusal.of(125, "did you mean --network", "run --netwrok none x"),
                Refusal.of(125, "--memory", "run --memory"),
                Refusal.of(125, "-m", "run -m"),
                Refusal.of(125, "-Z", "run -Z x"),
                Refusal.of(125, "contradict each other", "run -d -a stdout " + Shared.BUSYBOX),
                Refusal.of(125, "leave out --network none", "run --network none -p 80:80 " + Shared.BUSYBOX),
                Refusal.of(1, "no container 'nobody'", "rm nobody"),
                Refusal.of(125, "the root FILES/file is not a directory", "--root FILES/file images"),
                Refusal.of(125, "{{range}}", "ps --format {{range}}"),
                Refusal.run("'maybe'", "--read-only=maybe"));
    }

    static Stream<Refusal> process() {
        return Stream.of(
                Refusal.of(127, "'nosuch'", "run --rm " + Shared.BUSYBOX + " nosuch"),
                Refusal.of(127, "/no/such/program", "run --rm " + Shared.BUSYBOX + " /no/such/program"),
                Refusal.of(126, "/etc/passwd", "run --rm " + Shared.BUSYBOX + " /etc/passwd"),
                Refusal.of(126, "/etc", "run --rm " + Shared.BUSYBOX + " /etc"),
                Refusal.of(127, "/nope", "run --rm --entrypoint /nope " + Shared.BUSYBOX),
                Refusal.of(126, "/etc/passwd", "run --rm --init " + Shared.BUSYBOX + " /etc/passwd"),
                Refusal.run("'relative'", "--workdir relative"),
                Refusal.of(126, "'/etc/passwd'", "run --rm --workdir /etc/passwd " + Shared.BUSYBOX + " busybox"),
                Refusal.run("'nobody-knows'", "--user nobody-knows"),
                Refusal.run("'nogroup-knows'", "--user 0:nogroup-knows"),
                Refusal.run("99999999999", "--user 99999999999"),
                Refusal.run("-1", "--user -1"),
                Refusal.run("'nofles'", "--ulimit nofles=1"),
                Refusal.run("'soft'", "--ulimit nofile=soft"),
                Refusal.run("RLIMIT_NOFILE", "--ulimit nofile=99999999:99999999"),
                Refusal.run("'888'", "--umask 888"),
                Refusal.run("'=x'", "-e =x"),
                Refusal.run("/no/such/env", "--env-file /no/such/env"),
                Refusal.run("line 2 of FILES/env", "--env-file FILES/env"),
                Refusal.run("'a/b'", "--hostname a/b"),
                Refusal.run("'SIGNOPE'", "--stop-signal SIGNOPE"));
    }

    static Stream<Refusal> storage() {
        return Stream.of(
                Refusal.run("/no/such/source", "-v /no/such/source:/x"),
                Refusal.run("replace the container's root", "-v FILES:/"),
                Refusal.run("replace the container's root", "--tmpfs /"),
                Refusal.run("replace the container's root", "-v FILES:/etc/.."),
                Refusal.run("/tmp", "-v FILES/file:/tmp"),
                Refusal.run("/etc/passwd", "-v FILES:/etc/passwd"),
                Refusal.run("/etc/passwd/below", "-v FILES:/etc/passwd/below"),
                Refusal.run("'relative'", "-v FILES:relative"),
                Refusal.run("'sideways'", "-v FILES:/x:sideways"),
                Refusal.run("'rshard'", "--mount type=bind,src=FILES,dst=/x,bind-propagation=rshard"),
                Refusal.run("size=everything", "--tmpfs /x:size=everything"),
                Refusal.run("'-5m'", "--shm-size -5m"),
                Refusal.run("'nfs'", "--mount type=nfs,dst=/x"),
                Refusal.run("/dev/no-such-device", "--device /dev/no-such-device"),
                Refusal.run("FILES/file", "--device FILES/file"),
                Refusal.run("'/dev/null:/dev/x:z'", "--device /dev/null:/dev/x:z"),
                Refusal.run("'sometimes'", "--image-volume sometimes"));
    }

    static Stream<Refusal> limits() {
        return Stream.of(
                Refusal.run("'12x'", "--memory 12x"),
                Refusal.run("raise --memory", "--memory 1k"),
                Refusal.run("--memory-swap", "--memory 64m --memory-swap 32m"),
                Refusal.run("'-1'", "--cpus -1"),
                Refusal.run("'many'", "--cpus many"),
                Refusal.run("'4096'", "--cpus 4096"),
                Refusal.run("8000", "--cpuset-cpus 8000"),
                Refusal.run("'3-1'", "--cpuset-cpus 3-1"),
                Refusal.run("900", "--cpuset-mems 900"),
                Refusal.run("'-5'", "--pids-limit -5"),
                Refusal.run("'5000'", "--blkio-weight 5000"),
                Refusal.run("'2000'", "--oom-score-adj 2000"));
    }

    static Stream<Refusal> security() {
        return Stream.of(
                Refusal.run("FLY", "--cap-add FLY"),
                Refusal.run("CAP_SWIM", "--cap-drop CAP_SWIM"),
                Refusal.run("'vm' is not built yet", "--isolation vm"),
                Refusal.run("'sentry' is not built yet", "--isolation sentry"),
                Refusal.run("unknown isolation 'jail'", "--isolation jail"),
                Refusal.run("'kernel.hostname'", "--sysctl kernel.hostname"),
                Refusal.run("'vm.swappiness'", "--sysctl vm.swappiness=1"),
                Refusal.run("net.ipv4.ip_forward", "--network host --sysctl net.ipv4.ip_forward=1"),
                Refusal.run("net.ipv4.no_such", "--sysctl net.ipv4.no_such=1"),
                Refusal.run("/no/such/profile", "--security-opt seccomp=/no/such/profile"),
                Refusal.run("FILES/not.json", "--security-opt seccomp=FILES/not.json"),
                Refusal.run("SCMP_ACT_WHATEVER", "--security-opt seccomp=FILES/action.json"),
                Refusal.run("EXPLODE", "--security-opt seccomp=FILES/archs.json"),
                Refusal.run("'wat'", "--security-opt wat"),
                Refusal.run("'mask=etc/shadow-of'", "--security-opt mask=etc/shadow-of"));
    }

    static Stream<Refusal> identity() {
        return Stream.of(
                Refusal.run("'-dash'", "--name -dash"),
                Refusal.run("'a/b'", "--name a/b"),
                Refusal.run("FILES/file", "--cidfile FILES/file"),
                Refusal.run("/no/such/directory/cid", "--cidfile /no/such/directory/cid"),
                Refusal.run("'=v'", "--label =v"),
                Refusal.run("'toaster'", "--platform toaster"),
                Refusal.run("'someday'", "--pull someday"),
                Refusal.run("'nobody'", "--network container:nobody"),
                Refusal.run("'my-net'", "--network my-net"),
                Refusal.run("/no/such/ns", "--network ns:/no/such/ns"),
                Refusal.run("'sideways'", "--pid sideways"),
                Refusal.run("'1.2.3'", "--dns 1.2.3"),
                Refusal.run("'x'", "--uidmap x"),
                Refusal.run("'0:1:2:3'", "--gidmap 0:1:2:3"),
                Refusal.run("the same ids of the container", "--uidmap 0:9000:10 --uidmap 5:10000:10"),
                Refusal.run("the same ids outside", "--uidmap 0:9000:10 --uidmap 20:9009:10"),
                Refusal.run("the container's id 0", "--uidmap 5:9000:10"),
                Refusal.run("beyond the id 2147483647", "--uidmap 0:2147483647:10"),
                Refusal.run("'nobody-knows'", "--subuidname nobody-knows"),
                Refusal.run("both say which ids", "--subuidname root --uidmap 0:1:1"),
                Refusal.run("--userns host names another", "--userns host --uidmap 0:1:1"),
                Refusal.run("keep-id is for ordinary users", "--userns keep-id"),
                Refusal.run("nomap is for ordinary users", "--userns nomap"),
                Refusal.run("'keep-id:uid=x'", "--userns keep-id:uid=x"),
                Refusal.run("'auto:sice=9'", "--userns auto:sice=9"),
                Refusal.run("'sideways'", "--userns sideways"));
    }

    @ParameterizedTest
    @MethodSource({"commands", "process", "storage", "limits", "security", "identity"})
    void refusesInOneSentence(Refusal refusal) {
        List<String> arguments = new ArrayList<>();
        for (String word : refusal.arguments()) {
            arguments.add(word.replace("FILES", FILES.toString()));
        }
        new Refusal(refusal.code(), refusal.says().replace("FILES", FILES.toString()), arguments)
                .check(Shared.belljar().run(arguments.toArray(String[]::new)));
    }
}
