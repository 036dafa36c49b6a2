package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The logger's code, run in this process on pipes and real files. */
final class LoggerCodeTest {
    private static final HostKernel HOST = HostKernel.INSTANCE;
    private static final int MAPPED = 512 * 1024;

    @TempDir
    Path dir;

    private final NativeFunction consume = new NativeFunction(LoggerCode.function());
    private final Memory memory = HOST.lend(MAPPED);
    private final long image = memory.allocateDirty(MAPPED);
    private final List<Fd> open = new ArrayList<>();
    private final Fd[] ends = new Fd[2];

    @AfterEach
    void free() {
        consume.close();
        long log = memory.getLong(image + KeeperImage.LOG_FD);
        if (log >= 0) {
            HOST.call(Nr.CLOSE, log);
        }
        memory.close();
        open.forEach(Fd::close);
    }

    private void log(boolean json, long maxSize, int maxFiles) {
        int[] reads = new int[2];
        for (int i = 0; i < 2; i++) {
            try (Memory pair = HOST.lend()) {
                long at = pair.allocate(8);
                HOST.call(Nr.PIPE2, at, 0x80000);
                reads[i] = pair.getInt(at);
                open.add(new Fd(reads[i]));
                ends[i] = new Fd(pair.getInt(at + 4));
                open.add(ends[i]);
            }
        }
        KeeperImage content = new KeeperImage(image, 16 * 1024);
        content.streams(reads[0], reads[1], -1);
        content.log(new Keeper.Log(path().toString(), json, maxSize, maxFiles));
        byte[] bytes = content.finish();
        assertThat(KeeperImage.mapped(bytes.length)).isLessThan(MAPPED);
        memory.bytes().put(memory.offset(image), bytes);
    }

    private Path path() {
        return dir.resolve("ctr.log");
    }

    /** Has the logger read once from a stream into which something is written; gives the time it noted. */
    private String feed(int stream, byte[] text) {
        try (Memory source = HOST.lend()) {
            long at = source.copy(text);
            assertThat(HOST.call(Nr.WRITE, ends[stream].number(), at, text.length))
                    .isEqualTo(text.length);
        }
        read(stream);
        return memory.text(image + KeeperImage.STAMP, 30);
    }

    private void read(int stream) {
        consume.call(image, image + KeeperImage.STREAMS + (long) KeeperImage.STREAM * stream);
    }

    private void end(int stream) {
        ends[stream].close();
        read(stream);
    }

    private String feed(int stream, String text) {
        return feed(stream, text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void writesFullLinesAndPartsInTheCriFormat() throws IOException {
        log(false, 0, 1);
        String first = feed(0, "one\ntwo\nthr");
        String second = feed(1, "\n");
        String third = feed(0, "ee\n");
        assertThat(path())
                .hasContent(first + " stdout F one\n" + first + " stdout F two\n" + first + " stdout P thr\n" + second
                        + " stderr F \n" + third + " stdout F ee\n");
    }

    @Test
    void writesTheFormatOfDocker() throws IOException {
        log(true, 0, 1);
        String time = feed(1, "a \"b\" \\ \t\u0007é€😀\npart");
        assertThat(path())
                .hasContent("{\"log\":\"a \\\"b\\\" \\\\ \\t\\u0007é€😀\\n\",\"stream\":\"stderr\",\"time\":\"" + time
                        + "\"}\n{\"log\":\"part\",\"stream\":\"stderr\",\"time\":\"" + time + "\"}\n");
    }

    @Test
    void addsToWhatIsThere() throws IOException {
        Files.writeString(path(), "before\n");
        log(false, 0, 1);
        String time = feed(0, "after\n");
        assertThat(path()).hasContent("before\n" + time + " stdout F after\n");
    }

    @Test
    void holdsTheStartOfACharacterBackUntilItsRestComes() throws IOException {
        log(true, 0, 1);
        byte[] face = "😀".getBytes(StandardCharsets.UTF_8);
        feed(0, new byte[] {'x', face[0], face[1]});
        feed(0, new byte[] {face[2]});
        feed(0, new byte[] {face[3], '\n'});
        assertThat(Files.readString(path())).startsWith("{\"log\":\"x\",").contains("{\"log\":\"😀\\n\",");
        feed(0, new byte[] {face[0]});
        end(0);
        assertThat(Files.readAllLines(path()).getLast()).startsWith("{\"log\":\"\\ufffd\",");
    }

    @Test
    void renamesFullFilesAndKeepsAsManyAsAllowed() throws IOException {
        log(false, 100, 3);
        String line = "x".repeat(70) + "\n";
        for (int i = 0; i < 5; i++) {
            feed(0, i + line);
        }
        feed(0, "last\n");
        assertThat(Files.readString(path())).endsWith("F last\n").hasLineCount(1);
        assertThat(Files.readString(dir.resolve("ctr.log.1"))).contains(" F 4x").hasLineCount(1);
        assertThat(Files.readString(dir.resolve("ctr.log.2"))).contains(" F 3x").hasLineCount(1);
        assertThat(dir.resolve("ctr.log.3")).doesNotExist();
    }

    @Test
    void beginsAnewWithoutASecondFile() throws IOException {
        log(false, 100, 1);
        feed(0, "x".repeat(70) + "\n");
        feed(0, "next\n");
        assertThat(Files.readString(path())).endsWith("F next\n").hasLineCount(1);
        assertThat(dir.resolve("ctr.log.1")).doesNotExist();
    }

    @Test
    void goesOnReadingWhenNothingCanBeWrittenAndSaysSoLater() throws IOException {
        Files.createDirectory(path());
        log(false, 0, 1);
        feed(0, "lost\n");
        Files.delete(path());
        String time = feed(0, "written\n");
        feed(0, "more\n");
        assertThat(Files.readString(path()))
                .startsWith(time + " stderr F belljar: output was lost here, since it could not be written\n" + time
                        + " stdout F written\n")
                .hasLineCount(3)
                .doesNotContain("F lost");
    }

    @Test
    void dropsWhatDoesNotFitOnADiskAsAWhole() throws IOException {
        log(false, 0, 1);
        String first = feed(0, "one\n");
        long fd = memory.getLong(image + KeeperImage.LOG_FD);
        // /dev/full fails every write as a full disk does; it stands in for the log for one line.
        try (Memory text = HOST.lend()) {
            long saved = HOST.call(Nr.FCNTL, fd, 1030, 100);
            long full = HOST.call(Nr.OPENAT, -100, text.string("/dev/full"), 0x80001);
            HOST.call(Nr.DUP3, full, fd, 0x80000);
            HOST.call(Nr.CLOSE, full);
            feed(1, "two\n");
            HOST.call(Nr.DUP3, saved, fd, 0x80000);
            HOST.call(Nr.CLOSE, saved);
        }
        String third = feed(0, "three\n");
        assertThat(Files.readString(path()))
                .isEqualTo(first + " stdout F one\n" + third
                        + " stderr F belljar: output was lost here, since it could not be written\n" + third
                        + " stdout F three\n");
    }

    @Test
    void keepsEveryByteInTheCriFormat() throws IOException {
        log(false, 0, 1);
        Random random = new Random(7);
        ByteArrayOutputStream[] sent = {new ByteArrayOutputStream(), new ByteArrayOutputStream()};
        for (int i = 0; i < 2000; i++) {
            int stream = random.nextInt(2);
            byte[] chunk = chunk(random);
            feed(stream, chunk);
            sent[stream].writeBytes(chunk);
        }
        ByteArrayOutputStream[] found = {new ByteArrayOutputStream(), new ByteArrayOutputStream()};
        byte[] log = Files.readAllBytes(path());
        for (int at = 0; at < log.length; ) {
            int end = at;
            while (log[end] != '\n') {
                end++;
            }
            String head = new String(log, at, 40, StandardCharsets.ISO_8859_1);
            assertThat(head).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z std(out|err) [FP] ");
            boolean full = head.charAt(38) == 'F';
            found[head.contains("stdout") ? 0 : 1].write(log, at + 40, end - at - 40 + (full ? 1 : 0));
            at = end + 1;
        }
        assertThat(found[0].toByteArray()).isEqualTo(sent[0].toByteArray());
        assertThat(found[1].toByteArray()).isEqualTo(sent[1].toByteArray());
    }

    @Test
    void givesValidJsonOfAnyBytesWhereverTheyAreSplit() throws IOException {
        log(true, 0, 1);
        Random random = new Random(11);
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        for (int i = 0; i < 3000; i++) {
            byte[] chunk = chunk(random);
            feed(0, chunk);
            sent.writeBytes(chunk);
        }
        end(0);
        StringBuilder found = new StringBuilder();
        for (String line : Files.readAllLines(path())) {
            assertThat(line).startsWith("{\"log\":\"").endsWith("Z\"}");
            found.append(JsonText.unescape(line.substring(8, line.indexOf("\",\"stream\":\"stdout\",\"time\":\""))));
        }
        // Java counts the bytes of an encoded surrogate as one character that is none, others count three.
        String expected = sent.toString(StandardCharsets.UTF_8).replaceAll("\ufffd+", "?");
        assertThat(found.toString().replaceAll("\ufffd+", "?").equals(expected))
                .as("the text is the same")
                .isTrue();
    }

    @Test
    void escapesEveryByteOfAscii() throws IOException {
        log(true, 0, 1);
        byte[] all = new byte[128];
        for (int i = 0; i < 128; i++) {
            all[i] = (byte) i;
        }
        feed(0, all);
        StringBuilder found = new StringBuilder();
        for (String line : Files.readAllLines(path())) {
            found.append(JsonText.unescape(line.substring(8, line.indexOf("\",\"stream\":\"stdout\",\"time\":\""))));
        }
        assertThat(found.toString()).isEqualTo(new String(all, StandardCharsets.US_ASCII));
    }

    /** Mostly short, now and then longer than the logger's buffer holds of lines; text, and bytes that are none. */
    private static byte[] chunk(Random random) {
        int size = random.nextInt(20) == 0 ? random.nextInt(16_000) + 1 : random.nextInt(40) + 1;
        byte[] chunk = new byte[size];
        String letters = "aé€😀\n\"\\";
        byte[] pattern = letters.getBytes(StandardCharsets.UTF_8);
        int kind = random.nextInt(4);
        for (int i = 0; i < size; i++) {
            chunk[i] = switch (kind) {
                case 0 -> (byte) random.nextInt();
                case 1 -> '\n';
                case 2 -> (byte) (0x80 + random.nextInt(128));
                default -> pattern[i % pattern.length];
            };
        }
        return chunk;
    }
}
