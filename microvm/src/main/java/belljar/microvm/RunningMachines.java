package belljar.microvm;

import belljar.failure.BelljarException;
import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import belljar.linux.Fd;
import belljar.linux.LockFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The machines that run, by name: each has a lock and a Unix socket in one directory that is its user's alone. At the
 * socket other processes ask for things; the lock, which ends with the process, tells whether anybody answers.
 *
 * <p>A request is one line of JSON with a member {@code do}, the answer one with {@code ok} or with {@code failure} and
 * {@code text}. Safe for use by several threads.
 */
public final class RunningMachines {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}");
    private static final String LOCK = ".lock";
    private static final String SOCKET = ".sock";

    private final Path directory;

    private RunningMachines(Path directory) {
        this.directory = directory;
    }

    /**
     * A machine that runs.
     *
     * @param name its name
     * @param pid the process in which it runs
     * @param memory bytes of memory
     * @param cpus how many CPUs
     * @param engine who executes its instructions
     * @param balloon bytes of memory that its guest does without
     */
    public record Running(String name, long pid, long memory, int cpus, String engine, long balloon) {}

    /**
     * {@return the machines that are entered below a directory, which need not be there}
     *
     * @param state the directory for what does not outlive a boot
     */
    public static RunningMachines in(Path state) {
        return new RunningMachines(state.resolve("vm"));
    }

    /** A machine's entry, which goes when it is closed. */
    public static final class Entry implements AutoCloseable {
        private final Path lock;
        private final Path socket;
        private final Fd held;
        private final MachineSocket server;

        private Entry(Path lock, Path socket, Fd held, MachineSocket server) {
            this.lock = lock;
            this.socket = socket;
            this.held = held;
            this.server = server;
        }

        /** Takes the name back. What was asked for before is answered first. */
        @Override
        public void close() {
            server.close();
            try {
                Files.deleteIfExists(socket);
                Files.deleteIfExists(lock);
            } catch (IOException left) {
                // A file without a lock is nobody's; who comes next takes it.
                return;
            } finally {
                held.close();
            }
        }
    }

    /**
     * Makes sure that a text can be a name.
     *
     * @param name the text
     * @throws UserException if it cannot
     */
    public static void checkName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new UserException("'" + name + "' cannot be a machine's name; give at most 64 letters, digits, dots, "
                    + "hyphens and underscores, beginning with a letter or digit");
        }
    }

    /**
     * Enters a machine.
     *
     * @param name its name
     * @param machine the machine
     * @return the entry, to be closed at its end
     * @throws UserException if another has the name
     * @throws HostException if it cannot be entered
     */
    public Entry enter(String name, VirtualMachine machine) {
        checkName(name);
        Path lock = directory.resolve(name + LOCK);
        Path socket = directory.resolve(name + SOCKET);
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new HostException("cannot make the directory " + directory + " for machines: " + e, e);
        }
        Fd held = take(name, lock);
        try {
            Files.deleteIfExists(socket);
            return new Entry(
                    lock,
                    socket,
                    held,
                    MachineSocket.serve(directory, name + SOCKET, request -> answer(machine, request)));
        } catch (IOException | RuntimeException e) {
            held.close();
            throw e instanceof BelljarException known
                    ? known
                    : new HostException("cannot enter the machine " + name + " in " + directory + ": " + e, e);
        }
    }

    /** The file may be another by the time it is locked: whoever had it removes it at the end. */
    private static Fd take(String name, Path lock) {
        while (true) {
            Fd held = LockFile.tryTake(lock.toString());
            if (held == null) {
                throw new UserException("a machine with the name " + name + " runs already; give another --name");
            }
            try {
                if (Files.exists(lock) && Files.isSameFile(lock, Path.of("/proc/self/fd/" + held.number()))) {
                    return held;
                }
            } catch (IOException gone) {
                // It was removed between the two looks.
                held.close();
                continue;
            }
            held.close();
        }
    }

    private static JsonObject answer(VirtualMachine machine, JsonObject request) throws JsonException {
        return switch (request.text("do")) {
            case "status" -> {
                Hardware hardware = machine.hardware();
                yield JsonObject.builder()
                        .put("ok", true)
                        .put("pid", ProcessHandle.current().pid())
                        .put("memory", hardware.memory())
                        .put("cpus", hardware.cpus())
                        .put("engine", hardware.engine().toString())
                        .put("balloon", machine.balloonSize())
                        .build();
            }
            case "balloon" -> {
                machine.inflateBalloon(request.number("size", -1));
                yield JsonObject.builder().put("ok", true).build();
            }
            case "snapshot" -> {
                machine.save(Path.of(request.text("directory")), !request.bool("stop", false));
                yield JsonObject.builder().put("ok", true).build();
            }
            default -> throw new JsonException("'" + request.text("do") + "' is nothing that a machine does");
        };
    }

    /** {@return the machines that run, by name} */
    public List<Running> list() {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SOCKET)) {
            for (Path file : files) {
                String text = file.getFileName().toString();
                names.add(text.substring(0, text.length() - SOCKET.length()));
            }
        } catch (NoSuchFileException none) {
            return List.of();
        } catch (IOException e) {
            throw new HostException("cannot read the directory " + directory + " of machines: " + e, e);
        }
        names.sort(null);
        List<Running> running = new ArrayList<>();
        for (String name : names) {
            Optional<JsonObject> status =
                    ask(name, JsonObject.builder().put("do", "status").build());
            status.ifPresent(it -> running.add(running(name, it)));
        }
        return running;
    }

    private static Running running(String name, JsonObject status) {
        try {
            return new Running(
                    name,
                    status.number("pid", 0),
                    status.number("memory", 0),
                    (int) status.number("cpus", 0),
                    status.text("engine", ""),
                    status.number("balloon", 0));
        } catch (JsonException e) {
            throw new HostException("the machine " + name + " does not answer as one: " + e.getMessage(), e);
        }
    }

    /**
     * Has a machine take a snapshot of itself.
     *
     * @param name its name
     * @param to the snapshot's directory, which is not there yet
     * @param stop whether the machine ends with it, so that nothing happens after it
     * @throws UserException if there is no such machine, or nothing can be written there
     * @throws HostException if it fails
     */
    public void snapshot(String name, Path to, boolean stop) {
        checkName(name);
        JsonObject request = JsonObject.builder()
                .put("do", "snapshot")
                .put("directory", to.toAbsolutePath().normalize().toString())
                .put("stop", stop)
                .build();
        tell(name, request);
    }

    /**
     * Asks a machine's guest to do without some of its memory.
     *
     * @param name the machine's name
     * @param size bytes, 0 or more
     * @throws UserException if there is no such machine, it has no balloon or not so much memory
     */
    public void balloon(String name, long size) {
        checkName(name);
        tell(name, JsonObject.builder().put("do", "balloon").put("size", size).build());
    }

    private void tell(String name, JsonObject request) {
        if (ask(name, request).isEmpty()) {
            throw new UserException(
                    "there is no machine " + name + "; 'belljar vm ls' shows the names of those that run");
        }
    }

    /** Asks a machine; empty if there is none. */
    private Optional<JsonObject> ask(String name, JsonObject request) {
        Optional<JsonObject> answer;
        try {
            answer = MachineSocket.ask(directory, name + SOCKET, request);
        } catch (IOException | JsonException e) {
            throw new HostException("the machine " + name + " does not answer: " + e.getMessage(), e);
        }
        if (answer.isPresent() && answer.get().get("failure") instanceof Json.Text failure) {
            throw MachineSocket.failure(failure.value(), answer.get());
        }
        return answer;
    }
}
