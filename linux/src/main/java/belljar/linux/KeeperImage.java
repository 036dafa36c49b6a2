package belljar.linux;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The memory of keeper and logger, as Java lays it out for their machine code: numbers and buffers at fixed offsets,
 * texts and tables behind them. It is copied to {@link #BASE} of the keeper, and the logger inherits it.
 */
final class KeeperImage {
    /** Where it lies in keeper and logger. */
    static final long BASE = 0x2000_0000L;

    /** {@code siginfo_t} of the last child that ended, and the time of that: the content of the exit file. */
    static final int EXIT = 0;

    static final int EXIT_TIME = 128;
    static final int EXIT_SIZE = 144;

    /** Process id of the container's first process; 0 when the keeper is not its parent. */
    static final int MAIN_PID = 144;

    /** Process id of the logger; 0 in the logger itself, and when there is none. */
    static final int LOGGER_PID = 152;

    /** How often the logger may be started again. */
    static final int RESTARTS = 160;

    /** Path under which the exit file is written; 0 for none. */
    static final int EXIT_DRAFT = 168;

    static final int EXIT_FILE = 176;

    /** Path of the file that forbids what would come afterwards; 0 for none. */
    static final int ANNOUNCED = 184;

    /** Arguments of what comes afterwards; 0 for nothing. */
    static final int ARGV = 192;

    static final int ENVP = 200;

    /** Address of the log's paths, the current one first; 0 without a log. */
    static final int NAMES = 208;

    /** How many paths. */
    static final int FILES = 216;

    /** Bytes after which a file is full. */
    static final int MAX_SIZE = 224;

    /** Bytes in the current file. */
    static final int FILE_SIZE = 232;

    static final int LOG_FD = 240;

    /** Not 0 when output could not be written since the last that could. */
    static final int LOST = 248;

    /** Three of {@code struct pollfd}: standard output, standard error, the first process. */
    static final int POLL = 256;

    /** Signal masks: what is blocked, and none. */
    static final int BLOCKED_SIGNALS = 280;

    static final int NO_SIGNALS = 288;

    /** {@code struct timespec} of the read at hand. */
    static final int NOW = 296;

    /** Address of a timeout for ppoll(2), 0 to wait for ever. */
    static final int TIMEOUT = 312;

    /** {@code struct timespec} of zero. */
    static final int AT_ONCE = 320;

    /** How many reads there may still be after the first process ended. */
    static final int READS_LEFT = 336;

    static final int NOTICE = 344;
    static final int NOTICE_LENGTH = 352;

    /** Address of the input buffer. */
    static final int IN = 360;

    /** Address of the output buffer, of its end, and where the next byte goes. */
    static final int OUT = 368;

    static final int OUT_END = 376;
    static final int OUT_AT = 384;

    /** The time as text. */
    static final int STAMP = 392;

    /** Lengths of the months of a common year, a byte each. */
    static final int MONTHS = 424;

    /** Addresses of the JSON format's tables; 0 in the CRI format. */
    static final int ESCAPES = 440;

    static final int UTF8 = 448;
    static final int JSON_HEAD = 456;
    static final int JSON_TAIL = 464;
    static final int JSON_REPLACEMENT = 472;

    /** The two streams, each of {@link #STREAM} bytes. */
    static final int STREAMS = 480;

    static final int STREAM = 40;
    static final int STREAM_TEXT = 0;
    static final int STREAM_LENGTH = 8;

    /** How many bytes of a character that is not complete wait for the rest, and they. */
    static final int CARRIED = 16;

    static final int CARRY = 24;

    /** Address of the stream's {@code struct pollfd}. */
    static final int STREAM_POLL = 32;

    static final int KEEPER_NAME = 560;
    static final int LOGGER_NAME = 576;

    /** The kernel's {@code struct sigaction} of {@link Keeper#CLOSE_INPUT}: handler, flags, return, mask. */
    static final int ACTION = 592;

    static final int ACTION_FLAGS = 8;
    static final int ACTION_RETURN = 16;

    /** Not 0 when the buffers were used since they were last given back. */
    static final int TOUCHED = 624;

    /** {@code struct timespec} of what is left of the time to wait before they are. */
    static final int IDLE = 632;

    /** Signal mask: all are blocked. */
    static final int ALL_SIGNALS = 648;

    /** Not 0 when the first process waits for the keeper to have it begin with its last batch. */
    static final int START = 656;

    private static final int HEADER = 664;

    /** SA_RESTORER and SA_RESTART. */
    private static final int ACTION_FLAG_BITS = 0x1400_0000;

    static final String STAMP_TEXT = "0000-00-00T00:00:00.000000000Z";
    static final String JSON_HEAD_TEXT = "{\"log\":\"";
    static final String JSON_TAIL_TEXT = "\"}\n";
    static final String JSON_REPLACEMENT_TEXT = "\\ufffd";

    /** Bytes of stream and tag in the CRI format; the tag of a full line comes first, that of a part follows. */
    static final int CRI_TEXT = 10;

    /** The most bytes that one byte of input becomes. */
    static final int WIDEST = 6;

    /** More than what surrounds the text of a line. */
    static final int LINE_SLACK = 128;

    static final int IN_SIZE = 16 * 1024;
    static final int OUT_SIZE = 128 * 1024;

    private static final int PAGE = 4096;
    private static final int RESTARTS_OF_LOGGER = 16;

    /** More than a pipe can hold (1 MiB for a user without privilege), in reads. */
    private static final int READS_AFTER_THE_END = 256;

    private static final String NOTICE_TEXT = "belljar: output was lost here, since it could not be written\n";
    private static final String HEX = "0123456789abcdef";

    private final ByteBuffer bytes;
    private final Memory memory;
    private final long base;

    /**
     * @param base the address at which the machine code will see it
     * @param texts bytes that strings and lists will need at most
     */
    KeeperImage(long base, int texts) {
        this.base = base;
        this.bytes = ByteBuffer.allocate(HEADER + texts + 2 * PAGE);
        this.memory = new Memory(bytes, base, () -> {});
        memory.allocate(HEADER);
        memory.putLong(base + BLOCKED_SIGNALS, ~(1L << Keeper.CLOSE_INPUT - 1));
        memory.putLong(base + ALL_SIGNALS, -1);
        memory.putLong(base + ACTION + ACTION_FLAGS, ACTION_FLAG_BITS);
        memory.putLong(base + LOG_FD, -1);
        memory.putLong(base + RESTARTS, RESTARTS_OF_LOGGER);
        memory.putLong(base + READS_LEFT, READS_AFTER_THE_END);
        put(STAMP, STAMP_TEXT);
        put(KEEPER_NAME, Keeper.KEEPER_NAME);
        put(LOGGER_NAME, Keeper.LOGGER_NAME);
        bytes.put(MONTHS, new byte[] {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31});
    }

    private void put(int at, String text) {
        bytes.put(at, text.getBytes(StandardCharsets.US_ASCII));
    }

    void number(int at, long value) {
        memory.putLong(base + at, value);
    }

    /** Sets a pointer to a text; an empty text is no text. */
    void text(int at, String text) {
        number(at, text.isEmpty() ? 0 : memory.string(text));
    }

    void list(int at, List<String> texts) {
        number(at, memory.strings(texts));
    }

    /** Says which descriptors are read; -1 for none. */
    void streams(int output, int error, int main) {
        int[] fds = {output, error, main};
        for (int i = 0; i < fds.length; i++) {
            memory.putInt(base + POLL + 8L * i, fds[i]);
            memory.putInt(base + POLL + 8L * i + 4, 1); // POLLIN
        }
    }

    /** Says how the log is written. */
    void log(Keeper.Log log) {
        if (!log.path().isEmpty()) {
            String[] names = new String[log.maxFiles()];
            names[0] = log.path();
            for (int i = 1; i < names.length; i++) {
                names[i] = log.path() + "." + i;
            }
            list(NAMES, List.of(names));
        }
        number(FILES, log.maxFiles());
        number(MAX_SIZE, log.maxSize());
        number(NOTICE, memory.string(NOTICE_TEXT));
        number(NOTICE_LENGTH, NOTICE_TEXT.length());
        if (log.json()) {
            number(ESCAPES, memory.copy(escapes()));
            number(UTF8, memory.copy(Utf8Table.make()));
            text(JSON_HEAD, JSON_HEAD_TEXT);
            text(JSON_TAIL, JSON_TAIL_TEXT);
            text(JSON_REPLACEMENT, JSON_REPLACEMENT_TEXT);
        }
        stream(0, "stdout", log.json());
        stream(1, "stderr", log.json());
    }

    private void stream(int index, String name, boolean json) {
        int at = STREAMS + STREAM * index;
        String text = json ? "\",\"stream\":\"" + name + "\",\"time\":\"" : " " + name + " F  " + name + " P ";
        text(at + STREAM_TEXT, text);
        number(at + STREAM_LENGTH, text.length());
        number(at + STREAM_POLL, base + POLL + 8L * index);
    }

    /** What a byte becomes in a JSON string: up to seven characters, then their number. Bytes above 127 have none. */
    private static byte[] escapes() {
        byte[] table = new byte[128 * 8];
        for (int i = 0; i < 128; i++) {
            String text = switch (i) {
                case '"' -> "\\\"";
                case '\\' -> "\\\\";
                case '\n' -> "\\n";
                case '\r' -> "\\r";
                case '\t' -> "\\t";
                case '\b' -> "\\b";
                case '\f' -> "\\f";
                default ->
                    i < ' ' || i == 127 ? "\\u00" + HEX.charAt(i >> 4) + HEX.charAt(i & 15) : String.valueOf((char) i);
            };
            for (int j = 0; j < text.length(); j++) {
                table[8 * i + j] = (byte) text.charAt(j);
            }
            table[8 * i + 7] = (byte) text.length();
        }
        return table;
    }

    /** Places the buffers behind all that was put here. {@return the content to be copied} */
    byte[] finish() {
        byte[] content = new byte[memory.used()];
        long in = base + pages(content.length);
        number(IN, in);
        number(OUT, in + IN_SIZE);
        number(OUT_AT, in + IN_SIZE);
        number(OUT_END, in + IN_SIZE + OUT_SIZE);
        bytes.get(0, content);
        return content;
    }

    /** {@return bytes of memory that content of this length takes with its buffers} */
    static int mapped(int length) {
        return pages(length) + IN_SIZE + OUT_SIZE;
    }

    private static int pages(int length) {
        return (length + PAGE - 1) / PAGE * PAGE;
    }
}
