package belljar.cli;

import java.io.PrintStream;
import java.util.HashMap;
import java.util.Map;

/** A line for each thing that is done: for files, pipes and logs. */
final class PlainProgress implements ProgressDisplay {
    private final PrintStream out;
    private final Map<String, String> labels = new HashMap<>();

    PlainProgress(PrintStream out) {
        this.out = out;
    }

    @Override
    public synchronized void started(String id, String label, long totalBytes) {
        labels.put(id, totalBytes > 0 ? label + " (" + Text.size(totalBytes) + ")" : label);
    }

    @Override
    public void advanced(String id, long bytes) {}

    @Override
    public synchronized void finished(String id, String note) {
        String label = labels.remove(id);
        out.println(Text.printable((label == null ? id : label) + ": " + note));
    }

    @Override
    public synchronized void message(String line) {
        out.println(Text.printable(line));
    }

    @Override
    public void close() {}
}
