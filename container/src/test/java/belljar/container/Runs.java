package belljar.container;

import belljar.linux.Cgroups;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.sandbox.Container;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.Stdio;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Runs containers for tests. */
final class Runs {
    private Runs() {}

    /** Runs a container with its output in a file; gives {@code CODE:OUTPUT}. */
    static String run(ContainerSpec spec, Path out) throws IOException {
        Files.deleteIfExists(out);
        Files.createFile(out);
        int code;
        try (Fd file = open(out);
                Container container =
                        new HostIsolation(Cgroups.detect()).create(spec, new Stdio(-1, file.number(), file.number()))) {
            container.start();
            code = container.waitFor();
        }
        return code + ":" + Files.readString(out);
    }

    private static Fd open(Path path) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            return new Fd((int) HostKernel.INSTANCE.call(Nr.OPENAT, -100, memory.string(path.toString()), 0x80401));
        }
    }

    /** Reads a terminal's master to its end, which shows as EIO. */
    static String drain(int fd) {
        StringBuilder text = new StringBuilder();
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long buffer = memory.allocate(4096);
            while (true) {
                long n = HostKernel.INSTANCE.call(Nr.READ, fd, buffer, 4096);
                if (n <= 0) {
                    return text.toString();
                }
                text.append(memory.text(buffer, (int) n));
            }
        }
    }
}
