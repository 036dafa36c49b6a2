package belljar.virtio;

import belljar.machine.InterruptLine;
import belljar.machine.StateStream;
import belljar.machine.Stateful;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a device wants its driver's attention for: the interrupt with its causes, and whether it needs a reset. While
 * the device is paused nothing interrupts; what would have is kept until it goes on.
 *
 * <p>Safe for use by several threads; nobody waits here.
 */
final class Attention implements Stateful {
    static final int USED_BUFFER = 1;
    static final int CONFIG_CHANGE = 1 << 1;

    private static final int ALL = USED_BUFFER | CONFIG_CHANGE;
    private static final int LONGEST_FAULT = 1024;

    private final InterruptLine line;
    private @Nullable GuestDriver driver;
    private int causes;
    private int held;
    private boolean paused;
    private boolean needsReset;
    private String fault = "";
    private long interrupts;
    private long activations;
    private long faults;

    Attention(InterruptLine line) {
        this.line = line;
    }

    /** From now on this driver's device can interrupt, and no other. */
    synchronized void meet(GuestDriver guest) {
        activations++;
        driver = guest;
    }

    /** There is no driver any more, and the wire is low. */
    synchronized void reset() {
        driver = null;
        needsReset = false;
        causes = 0;
        held = 0;
        line.set(false);
    }

    /** {@return bits of why the wire is high} */
    synchronized int causes() {
        return causes;
    }

    synchronized void acknowledge(int which) {
        causes &= ~which;
        if (causes == 0) {
            line.set(false);
        }
    }

    /** Asks for the attention of a driver, unless it is gone. */
    synchronized void raise(GuestDriver from, int cause) {
        if (from == driver) {
            raise(cause);
        }
    }

    private void raise(int cause) {
        if (paused) {
            held |= cause;
        } else {
            interrupts++;
            causes |= cause;
            line.set(true);
        }
    }

    synchronized void configChanged() {
        if (driver != null) {
            raise(CONFIG_CHANGE);
        }
    }

    /** Says that the device is broken until it is reset. */
    synchronized void needsReset(GuestDriver from, String why) {
        if (from == driver) {
            faults += needsReset ? 0 : 1;
            needsReset = true;
            fault = why;
            raise(CONFIG_CHANGE);
        }
    }

    synchronized boolean needsReset() {
        return needsReset;
    }

    synchronized void pause() {
        paused = true;
    }

    synchronized boolean isPaused() {
        return paused;
    }

    synchronized void resume() {
        paused = false;
        if (held != 0) {
            raise(held);
            held = 0;
        }
    }

    /** {@return whether there is nothing that only a driver can be asked for} */
    synchronized boolean isQuiet() {
        return causes == 0 && held == 0 && !needsReset;
    }

    @Override
    public synchronized void transfer(StateStream state) {
        causes = state.number(causes, 0, ALL);
        held = state.number(held, 0, ALL);
        needsReset = state.flag(needsReset);
        byte[] text = fault.getBytes(StandardCharsets.UTF_8);
        byte[] why = state.bytes(Arrays.copyOf(text, Math.min(text.length, LONGEST_FAULT)), LONGEST_FAULT);
        if (state.isLoading()) {
            fault = new String(why, StandardCharsets.UTF_8).replaceAll("[^ -~]", "?");
            line.set(causes != 0);
        }
    }

    synchronized Optional<String> fault() {
        return needsReset ? Optional.of(fault) : Optional.empty();
    }

    synchronized TransportMetrics metrics(long notifications) {
        return new TransportMetrics(notifications, interrupts, activations, faults);
    }
}
