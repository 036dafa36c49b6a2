package belljar.sandbox;

import belljar.failure.HostException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How and when a kept container's first process ended, as its keeper wrote it down: 128 bytes {@code siginfo_t} of
 * waitid(2) and 16 bytes {@code struct timespec} of CLOCK_REALTIME. A keeper that took a living container over after
 * the death of the first one is not its parent: it can tell the time but not the code, and leaves the {@code siginfo_t}
 * zero. Immutable.
 */
public final class ExitStatus {
    /** Bytes of an exit file. */
    public static final int SIZE = 144;

    /** What {@link #code()} gives when the code is not known. */
    public static final int UNKNOWN = -1;

    private static final int SIGNO = 0;
    private static final int CODE = 8;
    private static final int STATUS = 24;
    private static final int SECONDS = 128;
    private static final int NANOS = 136;
    private static final int SIGCHLD = 17;
    private static final int CLD_EXITED = 1;

    private final int code;
    private final int signal;
    private final long endedAtMillis;

    private ExitStatus(int code, int signal, long endedAtMillis) {
        this.code = code;
        this.signal = signal;
        this.endedAtMillis = endedAtMillis;
    }

    /**
     * Reads an exit file.
     *
     * @param exitFile the file
     * @return what it says; empty when there is none, because the process runs or nobody saw its end
     * @throws HostException if it cannot be read or is not an exit file
     */
    public static Optional<ExitStatus> read(Path exitFile) {
        byte[] content;
        try {
            content = Files.readAllBytes(exitFile);
        } catch (NoSuchFileException none) {
            return Optional.empty();
        } catch (IOException e) {
            throw new HostException("cannot read the exit file " + exitFile + ": " + e.getMessage(), e);
        }
        if (content.length != SIZE) {
            throw new HostException("the exit file " + exitFile + " is damaged; remove it", "read", 0);
        }
        return Optional.of(of(ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN)));
    }

    private static ExitStatus of(ByteBuffer file) {
        long millis = file.getLong(SECONDS) * 1000 + file.getLong(NANOS) / 1_000_000;
        if (file.getInt(SIGNO) != SIGCHLD) {
            return new ExitStatus(UNKNOWN, 0, millis);
        }
        int status = file.getInt(STATUS);
        return file.getInt(CODE) == CLD_EXITED
                ? new ExitStatus(status, 0, millis)
                : new ExitStatus(128 + status, status, millis);
    }

    /** {@return whether the code is known} */
    public boolean known() {
        return code != UNKNOWN;
    }

    /** {@return the exit code, 0 to 255: the program's own, or 128 + the signal that ended it; -1 when unknown} */
    public int code() {
        return code;
    }

    /** {@return the number of the signal that ended the process; 0 when none did or it is not known} */
    public int signal() {
        return signal;
    }

    /** {@return when the end was noticed, in milliseconds since the epoch} */
    public long endedAtMillis() {
        return endedAtMillis;
    }
}
