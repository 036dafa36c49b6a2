package belljar.machine;

/**
 * A virtual CPU, whoever executes its instructions. {@link #run} is called by one thread; the signals come from any.
 */
public interface Vcpu extends CpuSignals, Stateful {
    /** {@return its number, which is its APIC id, from 0} */
    int index();

    /**
     * Executes the guest until {@link #stop}, or until the machine has been powered off or reset. Called again after a
     * stop it goes on; between two calls, by one thread or several, its state may be saved.
     *
     * @throws belljar.failure.BelljarException if the host fails or the CPU has a bug; a guest's own faults never do
     */
    void run();

    /** Has {@link #run} return soon, or at once if it is to be called yet. Holds for one such call. */
    void stop();
}
