package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every wrong word on the command line gives exit code 125 and one sentence that names it. */
final class BadInputTest {
    @TempDir
    Path tmp;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "-m 12x | --memory '12x' is not a size",
                "-m -5m | --memory '-5m' is not a size",
                "-m 1..5m | --memory '1..5m' is not a size",
                "-m 99999999999g | --memory '99999999999g' is not a size",
                "-m `` | --memory '' is not a size",
                "--memory-swap 1g | --memory-swap limits memory and swap together and needs --memory",
                "-m 2g --memory-swap 1g | cannot be below --memory",
                "-m 1g --memory-reservation 2g | --memory-reservation cannot be above --memory",
                "--cpus abc | --cpus 'abc' is not a decimal number such as 1.5",
                "--cpus -1 | --cpus '-1' is not a decimal number",
                "--cpus 0.001 | --cpus '0.001' is out of range",
                "--cpus 99999 | --cpus '99999' is out of range",
                "--cpus 1 --cpu-quota 5000 | give only one of them",
                "--cpu-quota 10 | --cpu-quota '10' is below 1000 microseconds",
                "--cpu-period 5 | --cpu-period '5' is not a number from 1000 to 1000000",
                "--cpu-shares 1 | --cpu-shares '1' is not a number from 2 to 262144",
                "--cpuset-cpus 0-x | --cpuset-cpus '0-x' is not a list of numbers",
                "--cpuset-cpus 3-1 | --cpuset-cpus '3-1' is not a list of numbers",
                "--cpuset-cpus 8000 | --cpuset-cpus '8000' names 8000, but this host has only",
                "--pids-limit many | --pids-limit 'many' is not a number from -1 to",
                "--blkio-weight 5 | --blkio-weight '5' is not a number from 10 to 1000",
                "--oom-score-adj 1001 | --oom-score-adj '1001' is not a number from -1000 to 1000",
                "--shm-size 0 | --shm-size 0 would be no limit at all",
                "--umask 888 | --umask '888' is not an octal mask",
                "--umask 7777 | --umask '7777' is not an octal mask",
                "--ulimit nofile | --ulimit 'nofile' is not of the form name=soft[:hard]",
                "--ulimit nofiles=1 | --ulimit 'nofiles' is not a resource limit",
                "--ulimit nofile=5:2 | has a soft limit above its hard limit",
                "--ulimit nofile=-1:2 | has a soft limit above its hard limit",
                "--ulimit nofile=x | 'x' is not a limit",
                "--stop-signal SIGFOO | 'SIGFOO' is not a signal",
                "--stop-signal 65 | '65' is not a signal",
                "--entrypoint [1 | --entrypoint '[1' is not a JSON list of words",
                "-w rel | --workdir 'rel' is not an absolute path",
                "-e =x | --env: '=x' has no variable name",
                "-e FOO* | 'FOO*' is a pattern, which is not built yet",
                "--env-file /no/such | --env-file: the file /no/such does not exist",
                "--env-file / | --env-file: the file / cannot be read: it is a directory",
                "--group-add keep-groups | --group-add keep-groups is not built yet",
                "-v /a:/b:/c:/d | --volume '/a:/b:/c:/d' is not of the form SOURCE:DEST[:OPTIONS]",
                "-v :/b | --volume ':/b' is not of the form",
                "-v /a:b | the destination 'b' is not an absolute path",
                "-v /a:/b:wat | unknown option 'wat'",
                "-v /a:/b:O | the option O is not built yet",
                "-v /a:/b:nocopy | nocopy is for named volumes",
                "--mount type=bind,dst=/x | no source; add src=/PATH",
                "--mount type=bind,src=/x | no destination; add dst=/PATH",
                "--mount type=nfs,src=/x,dst=/y | type 'nfs' is none of bind, volume and tmpfs",
                "--mount type=tmpfs,src=/x,dst=/y | a tmpfs has no source",
                "--mount type=tmpfs,dst=/y,wat=1 | unknown key 'wat'",
                "--mount type=tmpfs,dst=/y,tmpfs-mode=9 | '9' is not an octal mode",
                "--mount type=bind,src=/x,dst=/y,tmpfs-size=1m | does not apply to type bind",
                "--mount type=bind,src=/x,dst=/y,ro=maybe | ro is either true or false",
                "--mount type=bind,src=/x,dst=/y,bind-propagation=x | 'x' is not a propagation",
                "--tmpfs x | the destination 'x' is not an absolute path",
                "--tmpfs /x:wat | 'wat' is not an option of a tmpfs",
                "--image-volume x | --image-volume 'x' is none of bind, tmpfs and ignore",
                "--device zero | --device 'zero' is not of the form",
                "--device /dev/zero:/x:q | --device '/dev/zero:/x:q' is not of the form",
                "--device /dev/zero:/x:rr | --device '/dev/zero:/x:rr' is not of the form",
                "--device-cgroup-rule x | --device-cgroup-rule 'x' is not a rule",
                "--cap-add FLY | 'FLY' is not a capability",
                "--cap-drop `` | '' is not a capability",
                "--security-opt wat=1 | --security-opt 'wat=1' is unknown",
                "--security-opt seccomp | needs a file or unconfined",
                "--security-opt seccomp=/no/such | the file /no/such does not exist",
                "--security-opt no-new-privileges=x | is either true or false",
                "--security-opt mask=x | needs absolute paths",
                "--security-opt apparmor=x | is not built yet",
                "--security-opt label=type:x | is not built yet",
                "--sysctl x | --sysctl 'x' is not of the form key=value",
                "--label =x | --label '=x' is not of the form key=value",
                "--annotation x | --annotation 'x' is not of the form key=value",
                "--pid wat | --pid 'wat' is not a mode; use private, host, container:NAME or ns:/PATH",
                "--pid none | --pid 'none' is not a mode",
                "--userns host --uidmap 0:1:1 | --uidmap makes a user namespace and --userns host names another",
                "--uidmap 0:1 | --uidmap '0:1' is not of the form INSIDE:OUTSIDE:COUNT",
                "--uidmap 0:1:0 | --uidmap '0:1:0' is not of the form",
                "--uidmap 0:1:2:3 | --uidmap '0:1:2:3' is not of the form",
                "--uidmap -1:0:5 | --uidmap '-1:0:5' is not of the form",
                "--gidmap 0:0:x | --gidmap '0:0:x' is not of the form",
                "--uidmap 0:0:99999999999 | --uidmap '0:0:99999999999' is not of the form",
                "--gidmap 0:1:1 --subuidname x | --gidmap and --subuidname both say which ids there are",
                "--subuidname x --userns keep-id | --subuidname makes a user namespace and --userns keep-id names another",
                "--userns auto:size=0 | --userns 'auto:size=0' is not of the form",
                "--userns auto:uidmapping=5 | --userns auto:uidmapping '5' is not of the form",
                "--userns auto --uidmap 0:1:1 | --uidmap makes a user namespace and --userns auto names another",
                "--userns keep-id: | --userns 'keep-id:' is not of the form keep-id:uid=N,gid=N",
                "--userns keep-id:uid=x | --userns 'keep-id:uid=x' is not of the form",
                "--userns keep-id:size=1 | --userns 'keep-id:size=1' is not of the form",
                "--userns keep-id:uid=99999999999 | is not of the form keep-id:uid=N,gid=N",
                "--userns keep-ids | --userns 'keep-ids' is not a mode",
                "--network slirp4netns | --network slirp4netns is not supported",
                "--network pasta:-t,80 | options of pasta are not supported",
                "--network a --network none | go alone",
                "--network a:colour=red | the option 'colour=red' is unknown",
                "--ip 10.0.0.1 | need one --network with a name",
                "--network a --ip ::1 | --ip: '::1' is not an IPv4 address",
                "--network a --mac-address 93:d0:c6:0a:29:33 | is not a hardware address of one interface",
                "--network-alias x | --network-alias needs a --network with a name",
                "--hostname `` | --hostname is empty",
                "--add-host db | --add-host 'db' is not of the form NAME:ADDRESS",
                "--add-host db:1.2.3 | '1.2.3' is not an IPv4 or IPv6 address",
                "--add-host db:example.org | 'example.org' is not an IPv4 or IPv6 address",
                "--dns x | 'x' is not an IPv4 or IPv6 address",
                "-p 0:80 | '0' is not a port from 1 to 65535",
                "-p 80-82:80-81 | the two ranges have different lengths",
                "-p 82-80:82-80 | a range ends before it begins",
                "-p 80/icmp | 'icmp' is none of tcp, udp and sctp",
                "-p host:80:80 | 'host' is not an address of the host",
                "-p ::1:80:80 | is not a port from 1 to 65535",
                "--restart sometimes | --restart 'sometimes' is none of no, on-failure[:N], always and unless-stopped",
                "--restart always:3 | --restart 'always:3' is none of",
                "--restart always --rm | --restart and --rm contradict each other",
                "--stop-timeout -1 | --stop-timeout '-1' is not a number from 0",
                "--log-driver syslog | --log-driver 'syslog' is none of k8s-file, json-file and none",
                "--log-opt max-file=0 | --log-opt max-file '0' is not a number from 1 to 99",
                "--log-opt colour=red | --log-opt 'colour=red' is not understood",
                "--health-interval soon | --health-interval 'soon' is not a time",
                "--health-cmd [1 | --health-cmd '[1' is not a JSON list of words",
                "--health-cmd true --no-healthcheck | contradict each other",
                "--health-on-failure cry | --health-on-failure 'cry' is none of none, kill, restart and stop",
                "--name a/b | --name 'a/b' is not a container's name",
                "--name -x | --name '-x' is not a container's name",
                "--pull sometimes | --pull 'sometimes' is none of missing, always, newer and never",
                "--isolation cloud | unknown isolation 'cloud'",
                "--isolation sentry | the isolation 'sentry' is not built yet",
            })
    void runRefuses(String options, String message) {
        List<String> args = new ArrayList<>(List.of("run"));
        for (String word : Text.split(options, ' ')) {
            args.add(word.equals("``") ? "" : word);
        }
        args.add("dir:/no/such/root");
        assertThat(refusal(args.toArray(new String[0]))).contains(message);
    }

    @Test
    void refusesWhatIsNoCommand() {
        assertThat(refusal("rnu"))
                .isEqualTo(
                        "belljar: unknown command 'rnu'; did you mean 'run'? 'belljar --help' lists the " + "commands");
        assertThat(refusal("qqqqqqqq"))
                .isEqualTo("belljar: unknown command 'qqqqqqqq'; 'belljar --help' lists the commands");
        assertThat(refusal("--rot", "/x", "run")).contains("unknown option --rot; did you mean --root?");
        assertThat(refusal("run")).isEqualTo("belljar: 'belljar run' needs an image; see 'belljar run --help'");
        assertThat(refusal("run", "")).contains("the image's name is empty");
        assertThat(refusal("ps", "x")).contains("'x' is one argument too many");
        assertThat(refusal("rm")).contains("'belljar rm' needs a container");
        assertThat(refusal("help", "nothing")).contains("unknown command 'nothing'");
    }

    @Test
    void aTerminalIsNeverSteeredByAMessage() {
        assertThat(refusal("run", "--name", "\u001b[2J\n", "img")).doesNotContain("\u001b", "\n");
    }

    /** {@return the one line that a wrong command line gives on standard error} */
    private String refusal(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(
                Arrays.asList(args),
                Map.of("BELLJAR_ROOT", tmp + "/root", "BELLJAR_STATE", tmp + "/state"),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        String text = err.toString(StandardCharsets.UTF_8);
        assertThat(code).as(text).isEqualTo(125);
        assertThat(out.size()).isZero();
        assertThat(text).startsWith("belljar: ").endsWith("\n").doesNotContain("\tat ");
        assertThat(text.strip()).doesNotContain("\n");
        return text.strip();
    }
}
