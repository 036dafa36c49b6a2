package belljar.bench;

import belljar.failure.HostException;
import belljar.image.Progress;
import belljar.microvm.BootFiles;
import belljar.microvm.EngineKind;
import belljar.microvm.Hardware;
import belljar.microvm.Kernels;
import belljar.microvm.MachineSpec;
import belljar.microvm.VirtualMachine;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** What several virtual machines in one JVM take in memory beside what their guests see as theirs. */
final class Residents {
    private static final double MOST_MEBIBYTES = 5;
    private static final long GUEST = 512L << 20;
    private static final long SETTLE_MILLIS = 500;

    /** For a guest that has booted to end what it does behind the prompt, and for its CPU to find that it rests. */
    private static final long REST_MILLIS = 15_000;

    private static final int PATIENCE_SECONDS = 240;

    private Residents() {}

    /**
     * Measures machines that wait from their first instruction on.
     *
     * @param count how many, beside a first one
     * @param start makes one and starts it
     * @return what was found, for a reader
     */
    static String idle(int count, Supplier<VirtualMachine> start) {
        return measure("idle machines", count, start, SETTLE_MILLIS);
    }

    /**
     * Measures machines that have booted Debian's kernel to a shell's prompt.
     *
     * @param count how many, beside a first one
     * @param kernels where the kernel is kept
     * @return what was found, for a reader
     */
    static String booted(int count, Kernels kernels) {
        BootFiles files = BootFiles.find(kernels, Optional.empty(), Optional.empty(), Progress.NONE);
        MachineSpec spec = new MachineSpec(
                files.kernel(), files.initrd(), "console=ttyS0 quiet", Hardware.of(GUEST, 1, EngineKind.TRANSLATOR));
        return measure("machines at Debian's prompt", count, () -> boot(spec), REST_MILLIS);
    }

    private static String measure(String which, int count, Supplier<VirtualMachine> start, long settle) {
        List<VirtualMachine> machines = new ArrayList<>();
        try {
            machines.add(start.get());
            settle(settle);
            double resident = resident();
            double live = live();
            for (int i = 0; i < count; i++) {
                machines.add(start.get());
            }
            settle(settle);
            resident = (resident() - resident) / count;
            live = (live() - live) / count;
            // Where the first one has left the heap room for others, only what is alive in it says what they take.
            double each = Math.max(resident, live);
            return String.format(
                    Locale.ROOT,
                    "each more of %d %s: %.2f MiB beside the guest's own (PSS %.2f, live in the heap %.2f):"
                            + " goal <= %.0f MiB %s",
                    count,
                    which,
                    each,
                    resident,
                    live,
                    MOST_MEBIBYTES,
                    each <= MOST_MEBIBYTES ? "met" : "MISSED");
        } finally {
            machines.forEach(VirtualMachine::close);
        }
    }

    private static VirtualMachine boot(MachineSpec spec) {
        CountDownLatch prompt = new CountDownLatch(1);
        StringBuilder said = new StringBuilder();
        VirtualMachine machine = VirtualMachine.create(spec, new OutputStream() {
            @Override
            public void write(int b) {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int at, int length) {
                said.append(new String(bytes, at, length, StandardCharsets.ISO_8859_1));
                if (said.indexOf(BootBenchmark.PROMPT) >= 0) {
                    prompt.countDown();
                }
            }
        });
        boolean there = false;
        try {
            machine.start();
            there = prompt.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (!there) {
                throw new HostException("the guest shows no prompt within " + PATIENCE_SECONDS + " s: " + said, null);
            }
            return machine;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Benchmark.Interrupted();
        } finally {
            if (!there) {
                machine.close();
            }
        }
    }

    private static void settle(long millis) {
        try {
            Thread.sleep(millis);
            System.gc();
            Thread.sleep(SETTLE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Benchmark.Interrupted();
        }
    }

    /** {@return MiB that are alive in the heap, right after a collection} */
    private static double live() {
        Runtime runtime = Runtime.getRuntime();
        return (runtime.totalMemory() - runtime.freeMemory()) / 1024.0 / 1024;
    }

    /** {@return MiB of memory of this process, with its share of what it has together with others} */
    private static double resident() {
        try {
            long all = 0;
            long mapping = 0;
            for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
                if (line.startsWith("Pss:")) {
                    mapping = Long.parseLong(line.replaceAll("[^0-9]", ""));
                } else if (line.startsWith("VmFlags:")) {
                    // Of what the JVM has, only what nobody has touched is mapped without a reserve of swap space.
                    all += line.contains(" nr") && line.contains(" wr") ? 0 : mapping;
                }
            }
            return all / 1024.0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
