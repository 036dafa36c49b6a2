package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What people run containers for: two servers on a network of theirs, a client that knows them by name, a published
 * port, and data that outlive containers.
 */
@ExtendWith(LeakCheck.class)
final class StackTest {
    private static final String DATABASE = "apt:postgresql,bash,coreutils";
    private static final String CACHE = "apt:redis-server";
    private static final String CLIENT = "apt:postgresql-client,redis-tools,bash,coreutils";
    private static final String PASSWORD = "a secret of the tests";
    private static final int PORT = Machine.freePort();

    /** What the package's scripts would have done, which do not run: make the cluster, once for each volume. */
    private static final String SERVE_DATABASE = """
            set -e
            PATH=$PATH:$(echo /usr/lib/postgresql/*/bin)
            if [ ! -e "$PGDATA/PG_VERSION" ]; then
                initdb --auth=scram-sha-256 --pwfile=<(echo "$PASSWORD") --username=postgres >/dev/null
                echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
            fi
            exec postgres -c listen_addresses='*'
            """;

    private final Belljar belljar = Shared.with(CLIENT);

    @BeforeEach
    void hasImagesAndANetwork() {
        Machine.needsRoot();
        Machine.needs("psql");
        Shared.with(DATABASE);
        Shared.with(CACHE);
        belljar.good("network", "create", "backend");
    }

    @AfterEach
    void removesTheStack() {
        belljar.run("rm", "-f", "-t", "0", "db", "cache");
        belljar.run("network", "rm", "backend");
        belljar.run("volume", "rm", "pgdata", "redisdata");
    }

    private void startDatabase() {
        run(
                "-d",
                List.of(
                        "--name=db",
                        "--network=backend",
                        "--user=postgres",
                        "--volume=pgdata:/var/lib/postgresql",
                        "--env=PGDATA=/var/lib/postgresql/data",
                        "--env=PASSWORD=" + PASSWORD,
                        "--publish=127.0.0.1:" + PORT + ":5432",
                        "--stop-signal=SIGINT",
                        DATABASE,
                        "bash",
                        "-c",
                        SERVE_DATABASE));
        Await.until(
                "the database answers on its published port",
                () -> host("select 1").code() == 0
                        || belljar.good("ps", "-q", "--filter", "name=db").isEmpty());
        assertThat(host("select 1").err()).as(belljar.run("logs", "db").err()).isEmpty();
    }

    private void startCache() {
        run(
                "-d",
                List.of(
                        "--name=cache",
                        "--network=backend",
                        "--user=redis",
                        "--volume=redisdata:/var/lib/redis",
                        CACHE,
                        "redis-server",
                        "--dir",
                        "/var/lib/redis",
                        "--appendonly",
                        "yes",
                        "--protected-mode",
                        "no",
                        "--bind",
                        "*"));
        Await.until(
                "the cache answers",
                () -> client("redis-cli -h cache ping").out().contains("PONG"));
    }

    private Program.Result run(String first, List<String> more) {
        List<String> words = new ArrayList<>(List.of("run", first));
        words.addAll(more);
        return belljar.run(words.toArray(new String[0]));
    }

    /** {@return what a script does in a third container on the same network} */
    private Program.Result client(String script) {
        return run(
                "--rm",
                List.of(
                        "--network=backend",
                        "--env=PGPASSWORD=" + PASSWORD,
                        "--env=PGUSER=postgres",
                        CLIENT,
                        "bash",
                        "-ec",
                        script));
    }

    /** {@return what the host's client gets from the database} */
    private static Program.Result host(String query) {
        List<String> command =
                List.of("psql", "-h", "127.0.0.1", "-p", String.valueOf(PORT), "-U", "postgres", "-Atc", query);
        return Program.start(command, Map.of("PGPASSWORD", PASSWORD, "PGCONNECT_TIMEOUT", "10"), Path.of("/"))
                .end("");
    }

    @Test
    void serversAreUsedByNameAndByPortAndTheirDataStay() {
        startDatabase();
        startCache();
        String filled = client("""
                psql -h db -q -c 'create table kept as select n, n * n as square from generate_series(1, 1000) n'
                psql -h db -Atc 'select sum(square) from kept' | tr -d '\\n' | redis-cli -x -h cache set sum
                redis-cli -h cache get sum
                """).good();
        assertThat(filled).isEqualTo("OK\n333833500");
        assertThat(host("select square from kept where n = 31").good()).isEqualTo("961");
        assertThat(belljar.good("port", "db")).isEqualTo("5432/tcp -> 127.0.0.1:" + PORT);

        belljar.good("stop", "db", "cache");
        assertThat(belljar.good("inspect", "--format", "{{.State.ExitCode}}", "db", "cache"))
                .isEqualTo("0\n0");
        assertThat(belljar.run("logs", "db").err()).contains("database system is shut down");
        belljar.good("rm", "db", "cache");
        assertThat(host("select 1").code()).isNotZero();

        startDatabase();
        startCache();
        assertThat(client("redis-cli -h cache get sum; psql -h db -Atc 'select count(*) from kept'")
                        .good())
                .isEqualTo("333833500\n1000");
        assertThat(host("select sum(square) from kept").good()).isEqualTo("333833500");
    }

    @Test
    void aServerThatIsKilledComesBackWithItsDataAndItsName() {
        startDatabase();
        assertThat(host("create table kept as select 7 as n").good()).isEqualTo("SELECT 1");
        belljar.good("kill", "db");
        belljar.good("wait", "db");
        assertThat(belljar.good("inspect", "--format", "{{.State.ExitCode}}", "db"))
                .isEqualTo("137");
        belljar.good("start", "db");
        Await.until("the database has recovered", () -> host("select 1").code() == 0);
        assertThat(client("psql -h db -Atc 'select n from kept'").good()).isEqualTo("7");
    }
}
