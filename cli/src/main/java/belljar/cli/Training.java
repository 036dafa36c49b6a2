package belljar.cli;

import belljar.image.TarEntry;
import belljar.image.TarWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Runs the commands that the AOT cache is trained with (JEP 483, JEP 514), each as a person would type it. The JVM
 * records what they load. Where one fails, as runs do where no container can be made, the others have trained.
 */
final class Training {
    private static final String ABSENT = "apt:none";

    private Training() {}

    /**
     * Runs the commands and ends the process.
     *
     * @param args a directory for everything that the commands leave, empty at first, and which commands: {@code all};
     *     or {@code run} for the runs of the image that all commands left there; or {@code verbs} for the life of a
     *     container of it
     * @throws IOException if nothing can be written there
     */
    public static void main(String[] args) throws IOException {
        Path work = Path.of(args[0]);
        Path archive = archive(work.resolve("hello.tar"));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        int failed = 0;
        List<List<String>> commands = switch (args[1]) {
            case "run" -> runs(work);
            case "verbs" -> verbs();
            default -> commands(archive, work);
        };
        for (List<String> command : commands) {
            List<String> words = new ArrayList<>(List.of("--root", work + "/root", "--state", work + "/state"));
            words.addAll(command);
            out.println("$ belljar " + String.join(" ", words));
            // The kind of list that Main has, whose classes are to be in the cache.
            int code = Main.run(Arrays.asList(words.toArray(new String[0])), System.getenv(), out, out);
            if (code != (command.contains(ABSENT) ? Main.FAILED : 0)) {
                failed++;
            }
        }
        out.println(failed + " of these commands failed");
        // As Main ends; the JVM writes its recording then too.
        Runtime.getRuntime().halt(0);
    }

    private static List<List<String>> commands(Path archive, Path work) {
        List<List<String>> commands = new ArrayList<>(List.of(
                List.of("version"),
                List.of("help"),
                List.of("import", archive.toString(), "gone"),
                List.of("images"),
                List.of("image", "inspect", "gone"),
                List.of("rmi", "gone"),
                List.of("import", archive.toString(), "hello")));
        commands.addAll(runs(work));
        commands.add(List.of("run", "--name", "full", "--network", "none", "hello", "/hello"));
        commands.add(List.of("rm", "full"));
        commands.addAll(verbs());
        commands.add(List.of("ps", "--format", "json"));
        commands.add(List.of("events", "--stream=false"));
        return commands;
    }

    /** What is done to a container that its maker does not wait for. */
    private static List<List<String>> verbs() {
        return List.of(
                List.of("create", "--name", "one", "--network", "none", "hello", "/hello", "wait"),
                List.of("run", "-d", "--name", "two", "--network", "none", "hello", "/hello", "wait"),
                List.of("ps", "-a"),
                List.of("ps"),
                List.of("ps", "-q"),
                List.of("start", "one"),
                List.of("exec", "one", "/hello"),
                List.of("exec", "-i", "-e", "A=b", "-w", "/etc", "two", "/hello"),
                List.of("logs", "one"),
                List.of("logs", "--tail", "1", "two"),
                List.of("inspect", "one"),
                List.of("inspect", "--format", "{{.State.Status}}", "one"),
                List.of("pause", "one"),
                List.of("unpause", "one"),
                List.of("stop", "-t", "0", "one"),
                List.of("wait", "one"),
                List.of("kill", "two"),
                List.of("wait", "two"),
                List.of("start", "two"),
                List.of("ps", "-a"),
                List.of("restart", "-t", "0", "two"),
                List.of("rm", "one"),
                List.of("rm", "-f", "-t", "0", "two"));
    }

    private static List<List<String>> runs(Path work) {
        String mounted = work + ":/mnt:ro";
        return List.of(
                List.of("run", "--rm", "--network", "none", "hello", "/hello"),
                // Not there, but looked for by the classes that find an image of packages.
                List.of("run", "--rm", "--network", "none", "--pull", "never", ABSENT, "/hello"),
                List.of("run", "--rm", "-i", "--network", "none", "-e", "A=b", "-w", "/tmp", "hello", "/hello"),
                List.of(
                        "run",
                        "--rm",
                        "--network",
                        "none",
                        "-v",
                        mounted,
                        "--tmpfs",
                        "/tmp",
                        "-m",
                        "64m",
                        "hello",
                        "/hello"),
                List.of("run", "--rm", "--cpus", "1", "--user", "1:1", "--network", "host", "hello", "/hello"));
    }

    /** Makes the archive of a root file system with one program and one user. */
    private static Path archive(Path path) throws IOException {
        byte[] hello = hello();
        try (OutputStream file = Files.newOutputStream(path)) {
            TarWriter tar = TarWriter.to(file);
            byte[] passwd = "root:x:0:0:root:/:/hello\n".getBytes(StandardCharsets.US_ASCII);
            tar.put(TarEntry.directory("etc", 0755));
            tar.put(TarEntry.file("etc/passwd", 0644, passwd.length));
            tar.write(passwd, 0, passwd.length);
            tar.put(TarEntry.file("hello", 0755, hello.length));
            tar.write(hello, 0, hello.length);
            tar.finish();
        }
        return path;
    }

    /**
     * {@return a static program for x86-64 that writes a line, and ends or, where it was given an argument, waits:
     * elf(5) header, one segment, code, text}
     */
    private static byte[] hello() {
        byte[] text = "hello\n".getBytes(StandardCharsets.US_ASCII);
        long base = 0x400000;
        ByteBuffer file = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(0x464c457f).put((byte) 2).put((byte) 1).put((byte) 1).position(16); // 64 bits, little-endian
        file.putShort((short) 2).putShort((short) 62).putInt(1); // an executable for x86-64
        file.putLong(base + 120).putLong(64).putLong(0).putInt(0); // entry, program headers, no sections
        file.putShort((short) 64).putShort((short) 56).putShort((short) 1).position(64);
        file.putInt(1).putInt(5).putLong(0).putLong(base).putLong(base); // PT_LOAD, readable and executable
        file.putLong(file.capacity()).putLong(file.capacity()).putLong(0x1000);
        file.put((byte) 0xb8).putInt(1); // mov eax, SYS_write
        file.put((byte) 0xbf).putInt(1); // mov edi, standard output
        file.put((byte) 0x48).put((byte) 0x8d).put((byte) 0x35).putInt(31); // lea rsi, [rip + the 31 bytes up to text]
        file.put((byte) 0xba).putInt(text.length); // mov edx, length
        file.putShort((short) 0x050f); // syscall
        file.putInt(0x01243c83); // cmp dword [rsp], 1: the number of arguments
        file.putShort((short) 0x0974); // je to the exit
        file.put((byte) 0xb8).putInt(34); // mov eax, SYS_pause
        file.putShort((short) 0x050f); // syscall
        file.putShort((short) 0xf7eb); // jmp to the pause
        file.put((byte) 0xb8).putInt(231); // mov eax, SYS_exit_group
        file.putShort((short) 0xff31); // xor edi, edi
        file.putShort((short) 0x050f); // syscall
        file.put(text);
        return file.array();
    }
}
