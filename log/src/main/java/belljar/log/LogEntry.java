package belljar.log;

import java.nio.charset.StandardCharsets;

/**
 * One entry of a log, taken apart: a line, or a piece of one. Reused for the next one, so that reading makes no
 * garbage. The time and a JSON entry's text are only looked at when asked for.
 */
public final class LogEntry {
    private byte[] buffer = new byte[0];
    private int from;
    private int to;
    private boolean error;
    private boolean whole;
    private byte[] timeBuffer = new byte[0];
    private int timeFrom;
    private int timeTo;
    private final JsonLine json = new JsonLine();

    LogEntry() {}

    /** Takes a line apart; false when it is damaged. */
    boolean parse(byte[] line, int start, int end) {
        return start < end && line[start] == '{' ? parseJson(line, start, end) : parseCri(line, start, end);
    }

    private boolean parseCri(byte[] line, int start, int end) {
        int space = indexOf(line, start, end, ' ');
        // The stream's name has six letters in both cases; behind it stand a space, the tag and a space.
        int tag = space + 8;
        if (space < 0 || tag + 1 > end || line[tag - 1] != ' ' || !stream(line, space + 1)) {
            return false;
        }
        int text = indexOf(line, tag, end, ' ');
        int tagEnd = text < 0 ? end : text;
        if (line[tag] != 'F' && line[tag] != 'P' || tagEnd > tag + 1 && line[tag + 1] != ':') {
            return false;
        }
        whole = line[tag] == 'F';
        timeBuffer = line;
        timeFrom = start;
        timeTo = space;
        buffer = line;
        from = text < 0 ? end : text + 1;
        to = end;
        return true;
    }

    private boolean stream(byte[] line, int at) {
        boolean known = line[at] == 's' && line[at + 1] == 't' && line[at + 2] == 'd';
        boolean out = line[at + 3] == 'o' && line[at + 4] == 'u' && line[at + 5] == 't';
        error = line[at + 3] == 'e' && line[at + 4] == 'r' && line[at + 5] == 'r';
        return known && (out || error);
    }

    private boolean parseJson(byte[] line, int start, int end) {
        if (!json.parse(line, start, end)) {
            return false;
        }
        error = json.error();
        timeBuffer = line;
        timeFrom = json.timeFrom();
        timeTo = json.timeTo();
        buffer = json.text();
        from = 0;
        to = json.length();
        whole = to > 0 && buffer[to - 1] == '\n';
        to -= whole ? 1 : 0;
        return true;
    }

    static int indexOf(byte[] line, int from, int end, char wanted) {
        for (int i = from; i < end; i++) {
            if (line[i] == wanted) {
                return i;
            }
        }
        return -1;
    }

    /** {@return when it was written, nanoseconds since 1970; {@link LogTime#NONE} when that is damaged} */
    public long time() {
        return LogTime.parse(timeBuffer, timeFrom, timeTo);
    }

    /** {@return the time as the log has it} */
    public String timeText() {
        return new String(timeBuffer, timeFrom, timeTo - timeFrom, StandardCharsets.US_ASCII);
    }

    /** {@return whether the container wrote it to standard error} */
    public boolean error() {
        return error;
    }

    /** {@return whether a newline follows; if not, the stream's next entry goes on with the line} */
    public boolean whole() {
        return whole;
    }

    /** {@return what holds the text; valid until the reader goes on} */
    public byte[] buffer() {
        return buffer;
    }

    /** {@return where in {@link #buffer()} the text starts} */
    public int from() {
        return from;
    }

    /** {@return where it ends, without the newline} */
    public int to() {
        return to;
    }
}
