package belljar.machine;

/** A part of a machine whose state a snapshot has. */
public interface Stateful {
    /**
     * Saves or loads its state. Called while no CPU runs and the machine's time stands still; a part that works in a
     * thread of its own has been told to pause. A part that is to be loaded is as it was made.
     *
     * @param state where to, or where from
     */
    void transfer(StateStream state);
}
