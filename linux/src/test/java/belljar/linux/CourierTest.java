package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CourierTest {
    private static final String FALLBACK = "echo \"instead: $*\"; exit 3";

    @TempDir
    static Path dir;

    private static String courier;

    @BeforeAll
    static void write() throws Exception {
        Path path = dir.resolve("courier");
        Courier.write(path);
        courier = path.toString();
    }

    private record End(int code, String out, String err) {}

    private static Process start(Path socket) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(courier, socket.toString(), "/bin/sh", "-c", FALLBACK, "sh", "one two", "");
        builder.environment().clear();
        builder.environment().put("A", "b c");
        return builder.start();
    }

    private static End end(Process process) throws Exception {
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return new End(process.exitValue(), out, err);
    }

    private static CommandSocket.Connection accept(CommandSocket socket) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long poll = memory.allocate(8);
            memory.putInt(poll, socket.fd());
            memory.putInt(poll + 4, 1);
            assertThat(HostKernel.INSTANCE.call(Nr.POLL, poll, 1, 10_000)).isEqualTo(1);
        }
        return socket.accept().orElseThrow();
    }

    @Test
    void becomesTheProgramWhereNobodyListens() throws Exception {
        End instead = new End(3, "instead: one two \n", "");
        assertThat(end(start(dir.resolve("nowhere")))).isEqualTo(instead);
        Path stale = dir.resolve("stale");
        CommandSocket.listen(stale.toString()).close();
        assertThat(stale).doesNotExist();
        Files.createFile(stale);
        assertThat(end(start(stale))).isEqualTo(instead);
        assertThat(end(start(dir.resolve("x".repeat(200))))).isEqualTo(instead);
    }

    @Test
    void deliversWordsEnvironmentAndStreamsAndEndsWithTheAnswer() throws Exception {
        try (CommandSocket socket = CommandSocket.listen(dir.resolve("s1").toString())) {
            Process process = start(dir.resolve("s1"));
            try (CommandSocket.Connection connection = accept(socket)) {
                CommandSocket.Message message = connection.receive();
                assertThat(connection.pid()).isEqualTo((int) process.pid());
                assertThat(message.words())
                        .isEqualTo(List.of(
                                courier, dir.resolve("s1").toString(), "/bin/sh", "-c", FALLBACK, "sh", "one two", ""));
                assertThat(message.environment()).isEqualTo(List.of("A=b c"));
                connection.accept();
                byte[] text = "by another\n".getBytes(StandardCharsets.UTF_8);
                Fs.HOST.content().write(connection.streams().get(1).number(), text, 0, text.length);
                connection.done(7);
            }
            assertThat(end(process)).isEqualTo(new End(7, "by another\n", ""));
        }
    }

    @Test
    void becomesTheProgramWhereItIsDeclinedOrNotAnswered() throws Exception {
        try (CommandSocket socket = CommandSocket.listen(dir.resolve("s2").toString())) {
            Process declined = start(dir.resolve("s2"));
            try (CommandSocket.Connection connection = accept(socket)) {
                connection.receive();
                connection.decline();
            }
            assertThat(end(declined).code).isEqualTo(3);
            Process ignored = start(dir.resolve("s2"));
            accept(socket).close();
            assertThat(end(ignored).code).isEqualTo(3);
        }
    }

    @Test
    void saysThatItsCommandIsLostWhenTheListenerVanishes() throws Exception {
        try (CommandSocket socket = CommandSocket.listen(dir.resolve("s3").toString())) {
            Process process = start(dir.resolve("s3"));
            try (CommandSocket.Connection connection = accept(socket)) {
                connection.receive();
                connection.accept();
            }
            End end = end(process);
            assertThat(end.code).isEqualTo(Courier.LOST);
            assertThat(end.err).contains("has vanished").endsWith("\n");
            assertThat(end.out).isEmpty();
        }
    }

    @Test
    void takesNothingElseForACommandLine() throws Exception {
        try (CommandSocket socket = CommandSocket.listen(dir.resolve("s4").toString());
                Fd client = new Fd((int) HostKernel.INSTANCE.call(Nr.SOCKET, 1, 0x80005, 0));
                Memory memory = HostKernel.INSTANCE.lend()) {
            byte[] path = dir.resolve("s4").toString().getBytes(StandardCharsets.UTF_8);
            long address = memory.allocate(110);
            memory.bytes().putShort(memory.offset(address), (short) 1);
            memory.bytes().put(memory.offset(address) + 2, path);
            assertThat(HostKernel.INSTANCE.call(Nr.CONNECT, client.number(), address, 110))
                    .isZero();
            try (CommandSocket.Connection connection = accept(socket)) {
                long word = memory.allocate(64);
                memory.putLong(word, Long.MAX_VALUE);
                assertThat(HostKernel.INSTANCE.call(Nr.SENDTO, client.number(), word, 64, 0))
                        .isEqualTo(64);
                assertThatThrownBy(connection::receive)
                        .isInstanceOf(HostException.class)
                        .hasMessageContaining("no command line");
            }
        }
    }
}
