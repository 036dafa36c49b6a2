package belljar.linux;

/** Takes a stub into the network namespace of another process (setns(2), network_namespaces(7)). */
public final class NetworkNamespace {
    private static final int AT_FDCWD = -100;
    private static final int O_CLOEXEC = 0x80000;

    private NetworkNamespace() {}

    /**
     * Moves a stub to the network namespace of a process; nothing else of it changes.
     *
     * @param stub who enters
     * @param pid the process as the stub's pid namespace numbers it
     * @throws belljar.failure.HostException if the process is gone or the kernel refuses
     */
    public static void enter(Stub stub, long pid) {
        try (Batch batch = stub.batch()) {
            String what = "enter the network namespace of process " + pid;
            Batch.Step open =
                    batch.step(what, Nr.OPENAT, AT_FDCWD, batch.string("/proc/" + pid + "/ns/net"), O_CLOEXEC);
            batch.step(what, Nr.SETNS, 0, Clone.NEWNET).uses(0, open);
            batch.step(what, Nr.CLOSE, 0).uses(0, open);
            batch.run();
        }
    }
}
