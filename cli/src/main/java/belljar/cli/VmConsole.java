package belljar.cli;

import belljar.engine.Terminal;
import belljar.linux.SignalPipe;
import belljar.microvm.VirtualMachine;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Connects standard input with a machine's console. A terminal is in raw mode meanwhile, so that the guest gets every
 * key but {@code Ctrl-]}, which powers the machine off, as do the signals that end a process.
 */
final class VmConsole implements AutoCloseable {
    /** What {@code Ctrl-]} types, as in telnet(1) and virsh(1). */
    private static final byte ESCAPE = 0x1D;

    private static final int[] ENDING = {1, 2, 3, 15};
    private static final int BUFFER = 4096;

    private final VirtualMachine machine;
    private @Nullable Terminal terminal;

    /** @param machine the machine, which is about to begin */
    VmConsole(VirtualMachine machine) {
        this.machine = machine;
    }

    /** Connects. */
    void connect() {
        boolean isTerminal = Terminal.isTerminal(0);
        SignalPipe signals = SignalPipe.open();
        begin("belljar-signals", () -> {
            while (true) {
                signals.next();
                machine.powerOff();
            }
        });
        for (int signal : ENDING) {
            signals.receive(signal);
        }
        terminal = isTerminal ? Terminal.raw(0) : null;
        begin("belljar-keys", () -> type(isTerminal));
    }

    private static void begin(String name, Runnable work) {
        Thread.ofPlatform().name(name).daemon().start(work);
    }

    private void type(boolean escapes) {
        byte[] keys = new byte[BUFFER];
        // Never closed: it is the process's standard input.
        FileInputStream in = new FileInputStream(FileDescriptor.in);
        try {
            for (int count = in.read(keys); count >= 0; count = in.read(keys)) {
                for (int i = 0; escapes && i < count; i++) {
                    if (keys[i] == ESCAPE) {
                        machine.powerOff();
                        return;
                    }
                }
                machine.type(keys, count);
            }
        } catch (IOException unreadable) {
            // A terminal that is gone types nothing more; the signal that says so ends the machine.
            return;
        }
    }

    @Override
    public void close() {
        if (terminal != null) {
            terminal.close();
        }
    }
}
