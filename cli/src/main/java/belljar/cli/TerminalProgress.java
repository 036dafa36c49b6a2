package belljar.cli;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntSupplier;

/**
 * A bar for each thing that is being done, redrawn in place at the bottom of a terminal; what is done moves up as an
 * ordinary line. Uses the control sequences of ECMA-48 that every terminal has: cursor up, erase to the end.
 */
final class TerminalProgress implements ProgressDisplay {
    private static final long PAUSE_NANOS = 80_000_000; // smooth enough to the eye, and no load over a slow line
    private static final int BAR = 24;
    private static final int DEFAULT_SIZE = 24 << 16 | 80;

    private final PrintStream out;
    private final IntSupplier size;
    private final Map<String, Item> items = new LinkedHashMap<>();
    private int drawn;
    private long lastDrawn;

    private static final class Item {
        final String label;
        final long total;
        long done;

        Item(String label, long total) {
            this.label = label;
            this.total = total;
        }
    }

    /**
     * @param out the terminal
     * @param size gives its size as rows &lt;&lt; 16 | columns, 0 when it is unknown
     */
    TerminalProgress(PrintStream out, IntSupplier size) {
        this.out = out;
        this.size = size;
    }

    @Override
    public synchronized void started(String id, String label, long totalBytes) {
        items.put(id, new Item(Text.printable(label), totalBytes));
        redraw("");
    }

    @Override
    public synchronized void advanced(String id, long bytes) {
        Item item = items.get(id);
        if (item != null) {
            item.done = bytes;
            if (System.nanoTime() - lastDrawn > PAUSE_NANOS) {
                redraw("");
            }
        }
    }

    @Override
    public synchronized void finished(String id, String note) {
        Item item = items.remove(id);
        redraw(Text.printable((item == null ? id : item.label) + ": " + note) + "\n");
    }

    @Override
    public synchronized void message(String line) {
        redraw(Text.printable(line) + "\n");
    }

    @Override
    public synchronized void close() {
        items.clear();
        redraw("");
    }

    /** Replaces the bars by a text that stays and, below it, the bars as they are now. */
    private void redraw(String lasting) {
        int known = size.getAsInt();
        int rows = (known == 0 ? DEFAULT_SIZE : known) >>> 16;
        int columns = (known == 0 ? DEFAULT_SIZE : known) & 0xFFFF;
        StringBuilder text = new StringBuilder();
        if (drawn > 0) {
            text.append("\r\u001b[").append(drawn).append("A\u001b[J");
        }
        text.append(lasting);
        int lines = 0;
        for (Item item : items.values()) {
            if (lines + 1 >= rows) { // a bar that scrolled away could not be redrawn
                break;
            }
            line(text, item, columns);
            lines++;
        }
        drawn = lines;
        lastDrawn = System.nanoTime();
        out.print(text);
        out.flush();
    }

    private static void line(StringBuilder text, Item item, int columns) {
        StringBuilder line = new StringBuilder();
        Text.pad(line, item.label, 20);
        line.append(' ');
        if (item.total > 0) {
            int filled = (int) (BAR * Math.min(1.0, (double) item.done / item.total));
            line.append('[');
            for (int i = 0; i < BAR; i++) {
                line.append(i < filled ? '=' : i == filled ? '>' : ' ');
            }
            line.append("] ").append(Text.size(item.done)).append('/').append(Text.size(item.total));
        } else {
            line.append(Text.size(item.done));
        }
        if (line.length() >= columns) {
            line.setLength(Math.max(0, columns - 1)); // a line that wrapped would be two to go up
        }
        text.append(line).append('\n');
    }
}
