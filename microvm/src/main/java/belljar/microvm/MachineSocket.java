package belljar.microvm;

import belljar.failure.BelljarException;
import belljar.failure.BugException;
import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import belljar.linux.At;
import belljar.linux.Fd;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/** The socket of a machine that runs: one request and one answer a connection, each a line of JSON. */
final class MachineSocket implements AutoCloseable {
    /** No request and no answer is longer. */
    private static final int MOST = 1 << 16;

    private final ServerSocketChannel socket;
    private final Handler handler;

    /** What answers requests, several at a time. */
    @FunctionalInterface
    interface Handler {
        JsonObject answer(JsonObject request) throws JsonException;
    }

    private MachineSocket(ServerSocketChannel socket, Handler handler) {
        this.socket = socket;
        this.handler = handler;
    }

    /** Begins to answer at a name in a directory, where nothing has it. */
    static MachineSocket serve(Path directory, String name, Handler handler) throws IOException {
        ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try (Fd opened = open(directory)) {
            socket.bind(address(opened, name));
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
        MachineSocket made = new MachineSocket(socket, handler);
        Thread.ofPlatform().daemon().name("belljar machine socket").start(made::accept);
        return made;
    }

    private static Fd open(Path directory) {
        return new Fd(Fs.HOST.open(
                At.FDCWD, directory.toString(), OpenFlags.PATH | OpenFlags.DIRECTORY | OpenFlags.CLOEXEC, 0));
    }

    /** An address has at most 107 bytes (unix(7)), a path may have more. */
    private static UnixDomainSocketAddress address(Fd directory, String name) {
        return UnixDomainSocketAddress.of("/proc/self/fd/" + directory.number() + "/" + name);
    }

    private void accept() {
        while (true) {
            try {
                SocketChannel connection = socket.accept();
                Thread.ofPlatform().daemon().name("belljar machine request").start(() -> answer(connection));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void answer(SocketChannel connection) {
        try (connection) {
            JsonObject answer;
            try {
                answer = handler.answer(read(connection));
            } catch (JsonException e) {
                answer = failure("user", "what was asked for is no request: " + e.getMessage());
            } catch (UserException e) {
                answer = failure("user", e.getMessage());
            } catch (BelljarException e) {
                answer = failure(e instanceof BugException ? "bug" : "host", e.getMessage());
            }
            write(connection, answer);
        } catch (IOException gone) {
            // Who asked does not want to know any more.
            return;
        }
    }

    private static JsonObject failure(String kind, String text) {
        return JsonObject.builder().put("failure", kind).put("text", text).build();
    }

    /** {@return the failure that an answer tells of} */
    static BelljarException failure(String kind, JsonObject answer) {
        String text = answer.get("text") instanceof Json.Text told ? told.value() : "it failed";
        return switch (kind) {
            case "user" -> new UserException(text);
            case "bug" -> new BugException(text, null);
            default -> new HostException(text, null);
        };
    }

    /** Asks at a name in a directory; empty if nobody answers there. */
    static Optional<JsonObject> ask(Path directory, String name, JsonObject request) throws IOException, JsonException {
        Path path = directory.resolve(name);
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        try (Fd opened = open(directory);
                SocketChannel connection = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            try {
                connection.connect(address(opened, name));
            } catch (ConnectException refused) {
                return Optional.empty();
            } catch (SocketException e) {
                if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                    return Optional.empty();
                }
                throw e;
            }
            write(connection, request);
            return Optional.of(read(connection));
        }
    }

    private static void write(SocketChannel to, JsonObject object) throws IOException {
        ByteBuffer line = StandardCharsets.UTF_8.encode(object + "\n");
        while (line.hasRemaining()) {
            to.write(line);
        }
    }

    private static JsonObject read(SocketChannel from) throws IOException, JsonException {
        ByteBuffer line = ByteBuffer.allocate(MOST);
        while (line.position() == 0 || line.get(line.position() - 1) != '\n') {
            if (!line.hasRemaining() || from.read(line) < 0) {
                throw new JsonException("it is not one line of at most " + MOST + " bytes");
            }
        }
        String text = StandardCharsets.UTF_8.decode(line.flip()).toString();
        if (Json.parse(text) instanceof JsonObject object) {
            return object;
        }
        throw new JsonException("it is no object");
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // It accepts nobody any more.
            return;
        }
    }
}
