package belljar.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A CPU that remembers what it was told. */
final class CpuProbe implements CpuSignals {
    private final LinkedBlockingQueue<String> signals = new LinkedBlockingQueue<>();

    @Override
    public void interrupt() {
        signals.add("interrupt");
    }

    @Override
    public void nmi() {
        signals.add("nmi");
    }

    @Override
    public void init() {
        signals.add("init");
    }

    @Override
    public void startup(int vector) {
        signals.add("startup " + vector);
    }

    /** What it was told since the last time. */
    List<String> told() {
        List<String> told = new ArrayList<>();
        signals.drainTo(told);
        return told;
    }

    /** Waits for the next signal. */
    String next() throws InterruptedException {
        String signal = signals.poll(20, TimeUnit.SECONDS);
        return signal == null ? "nothing came" : signal;
    }
}
