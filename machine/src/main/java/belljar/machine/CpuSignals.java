package belljar.machine;

/**
 * What the rest of a machine tells a virtual CPU. From any thread, at any time; the CPU acts upon it at its next
 * boundary between instructions, and a halted one wakes up.
 */
public interface CpuSignals {
    /** Has no effect, as before there is a CPU. */
    CpuSignals NONE = new CpuSignals() {
        @Override
        public void interrupt() {}

        @Override
        public void nmi() {}

        @Override
        public void init() {}

        @Override
        public void startup(int vector) {}
    };

    /** An interrupt may be pending at the local APIC: {@link LocalApic#acknowledge} is to be asked. */
    void interrupt();

    /** A non-maskable interrupt. */
    void nmi();

    /** INIT: the CPU goes back to its state at reset and waits for {@link #startup}. */
    void init();

    /**
     * A start-up interrupt: a CPU that waits for it begins in real mode.
     *
     * @param vector the number of the page, below 1 MiB, that it begins at
     */
    void startup(int vector);
}
