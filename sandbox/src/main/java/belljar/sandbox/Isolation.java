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

    /**
     * Prepares a further program in a container that runs: in its namespaces, cgroups and root.
     *
     * <p>The program is a child of this process. While it is not yet reaped the container's first process cannot end
     * (pid_namespaces(7)); therefore a thread of the implementation reaps it as soon as it ends, whether somebody waits
     * for it or not.
     *
     * @param pid the container's first process, as the host numbers it
     * @param spec the container as it was created, with the program to run as its process. Of the rest only the id maps
     *     and the system call filter count; {@link ProcessSpec#init} is passed over
     * @param stdio its standard streams; ignored with a terminal
     * @return the program, waiting for {@link Container#start()}; closing it kills it
     * @throws belljar.failure.UserException if the container has ended or is paused
     * @throws belljar.failure.HostException if the host fails
     * @throws belljar.failure.GuestException if the container lacks the working directory
     */
    Container exec(long pid, ContainerSpec spec, Stdio stdio);

    /**
     * Prepares a further program that outlives this process: it has no streams, and a small process outside the
     * container waits for its end, so that the container can end too.
     *
     * @param pid as above
     * @param spec as above; without a terminal
     * @return the program, waiting for {@link Container#start()}; closing it after that only lets go of it. Its process
     *     id and end are those of the small process
     * @throws belljar.failure.UserException as above, and when a terminal is asked for
     * @throws belljar.failure.HostException if the host fails
     * @throws belljar.failure.GuestException if the container lacks the working directory
     */
    Container execDetached(long pid, ContainerSpec spec);

    /**
     * Sets a container up that outlives this process once it is started: a keeper looks after it.
     * {@link Container#close()} takes everything down as long as {@link Container#start()} has not succeeded, and only
     * lets go afterwards. {@link Container#waitFor()} gives the code that the keeper wrote down, or
     * {@link ExitStatus#UNKNOWN}.
     *
     * @param spec what the container should be
     * @param stdio not used: the streams are pipes of the keeper's, or a terminal
     * @param keeping how it is kept
     * @return the container, waiting for {@link Container#start()}
     * @throws belljar.failure.UserException if the specification asks for what cannot be
     * @throws belljar.failure.HostException if the host fails
     * @throws belljar.failure.GuestException if the image lacks the program or it cannot be executed
     */
    Container create(ContainerSpec spec, Stdio stdio, Keeping keeping);
}
