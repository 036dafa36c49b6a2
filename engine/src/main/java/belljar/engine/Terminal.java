package belljar.engine;

import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;

/** The caller's terminal: its size, and raw mode while a container's terminal is connected to it (termios(3)). */
public final class Terminal implements AutoCloseable {
    private static final int TCGETS = 0x5401;
    private static final int TCSETS = 0x5402;
    private static final int TIOCGWINSZ = 0x5413;
    private static final int TERMIOS_SIZE = 60;
    private static final int O_OPOST = 1;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final int fd;
    private final byte[] saved;

    private Terminal(int fd, byte[] saved) {
        this.fd = fd;
        this.saved = saved;
    }

    /**
     * {@return whether a descriptor is a terminal}
     *
     * @param fd the descriptor
     */
    public static boolean isTerminal(int fd) {
        try (Memory memory = KERNEL.lend()) {
            return KERNEL.call(Nr.IOCTL, fd, TCGETS, memory.allocate(TERMIOS_SIZE)) == 0;
        }
    }

    /**
     * {@return a terminal's size as rows &lt;&lt; 16 | columns; 0 when the descriptor is none}
     *
     * @param fd the descriptor
     */
    public static int size(int fd) {
        try (Memory memory = KERNEL.lend()) {
            long size = memory.allocate(8);
            if (KERNEL.call(Nr.IOCTL, fd, TIOCGWINSZ, size) != 0) {
                return 0;
            }
            int both = memory.getInt(size);
            return both << 16 | both >>> 16;
        }
    }

    /**
     * Switches a terminal to raw mode, as cfmakeraw(3) does, until it is closed.
     *
     * @param fd the terminal's descriptor
     * @return to be closed when the mode shall be as before
     */
    public static Terminal raw(int fd) {
        try (Memory memory = KERNEL.lend()) {
            long termios = memory.allocate(TERMIOS_SIZE);
            KERNEL.call(Nr.IOCTL, fd, TCGETS, termios);
            byte[] saved = new byte[TERMIOS_SIZE];
            memory.bytes().get(memory.offset(termios), saved);
            // IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON; OPOST; PARENB CSIZE with CS8; ECHO ECHONL ICANON ISIG
            // IEXTEN
            memory.putInt(termios, memory.getInt(termios) & ~0x5EB);
            memory.putInt(termios + 4, memory.getInt(termios + 4) & ~O_OPOST);
            memory.putInt(termios + 8, memory.getInt(termios + 8) & ~0x130 | 0x30);
            memory.putInt(termios + 12, memory.getInt(termios + 12) & ~0x804B);
            // VTIME and VMIN, characters 5 and 6 behind the line discipline
            memory.bytes().put(memory.offset(termios) + 17 + 5, (byte) 0);
            memory.bytes().put(memory.offset(termios) + 17 + 6, (byte) 1);
            KERNEL.call(Nr.IOCTL, fd, TCSETS, termios);
            return new Terminal(fd, saved);
        }
    }

    /** Restores the mode. */
    @Override
    public void close() {
        try (Memory memory = KERNEL.lend()) {
            KERNEL.call(Nr.IOCTL, fd, TCSETS, memory.copy(saved));
        }
    }
}
