package belljar.sandbox;

/** A way to isolate containers. Implementations are safe for use by several threads. */
public interface Isolation {
    /** {@return the name by which {@code --isolation} selects this kind} */
    String kind();

    /**
     * Sets a container up until just before its program would run. When it fails, nothing is left behind.
     *
     * @param spec what the container should be
     * @param stdio its standard streams
     * @return the container, waiting for {@link Container#start()}
     * @throws belljar.failure.UserException if the specification asks for what cannot be
     * @throws belljar.failure.HostException if the host fails
     * @throws belljar.failure.GuestException if the image lacks the program or it cannot be executed
     */
    Container create(ContainerSpec spec, Stdio stdio);
}
