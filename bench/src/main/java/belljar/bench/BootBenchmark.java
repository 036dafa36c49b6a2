package belljar.bench;

import belljar.failure.HostException;
import belljar.image.Progress;
import belljar.microvm.BootFiles;
import belljar.microvm.GuestKernel;
import belljar.microvm.Kernels;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The distribution's kernel from a typed command to a shell's prompt, without KVM on either side. */
final class BootBenchmark implements Benchmark {
    private static final String PEER = "qemu microvm, tcg";
    private static final String WORDS = "console=ttyS0 panic=-1 quiet";
    /** What the shell of the initial RAM disk shows when it waits. */
    static final String PROMPT = "/root # ";

    @Override
    public String name() {
        return "boot";
    }

    @Override
    public String title() {
        return "Debian's cloud kernel from the typed command to a shell's prompt, same kernel and initial RAM disk";
    }

    @Override
    public int rounds() {
        return 5;
    }

    @Override
    public int warmups() {
        return 1;
    }

    @Override
    public List<Goal> goals() {
        return List.of(new Goal(PEER, 8));
    }

    @Override
    public Lineup prepare(Machine machine, Scratch scratch) {
        Path qemu = Machine.need("qemu-system-x86_64", "is what Belljar is compared with");
        Belljar belljar = new Belljar(machine.home(), scratch);
        Kernels kernels = Kernels.open(belljar.root());
        GuestKernel kernel = kernels.pull(Kernels.PACKAGE, Progress.NONE);
        Path initrd = scratch.directory("boot").resolve("initrd");
        try {
            BootFiles files = BootFiles.find(kernels, Optional.empty(), Optional.empty(), Progress.NONE);
            Files.write(initrd, files.initrd().orElseThrow());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String image = kernel.image().toString();
        List<String> ours = belljar.command(
                "vm", "run", "--kernel", image, "--initrd", initrd.toString(), "--cmdline", WORDS, "--memory", "512m");
        List<String> theirs = List.of(
                qemu.toString(),
                "-M",
                "microvm,accel=tcg",
                "-m",
                "512",
                "-no-user-config",
                "-nodefaults",
                "-no-reboot",
                "-display",
                "none",
                "-serial",
                "stdio",
                "-kernel",
                image,
                "-initrd",
                initrd.toString(),
                "-append",
                WORDS);
        return new Lineup(
                List.of(new Boot("belljar vm run", ours, true), new Boot(PEER, theirs, false)),
                List.of("one virtual CPU; the peer unpacks the kernel in the guest, Belljar once on the host"),
                results -> List.of());
    }

    /**
     * A machine that is killed as soon as it has shown the prompt.
     *
     * @param name what to call it
     * @param command what starts it
     * @param ours whether it is Belljar
     */
    private record Boot(String name, List<String> command, boolean ours) implements Side {
        @Override
        public void run() {
            try {
                Process process = new ProcessBuilder(command)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
                try (InputStream in = process.getInputStream()) {
                    awaitPrompt(in);
                } finally {
                    process.destroyForcibly();
                    process.waitFor();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Interrupted();
            }
        }

        private void awaitPrompt(InputStream in) throws IOException {
            byte[] bytes = new byte[4096];
            StringBuilder said = new StringBuilder();
            while (said.indexOf(PROMPT) < 0) {
                int count = in.read(bytes);
                if (count < 0) {
                    throw new HostException(name + " ended without a prompt: " + said, null);
                }
                said.append(new String(bytes, 0, count, StandardCharsets.ISO_8859_1));
            }
        }
    }
}
