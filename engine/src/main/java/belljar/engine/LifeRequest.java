package belljar.engine;

import java.util.OptionalInt;

/**
 * What is asked of a container's life beyond its first process.
 *
 * @param restart when it is started again
 * @param stopTimeoutSeconds how long a stop waits before it kills, 0 or more; empty for 10
 * @param log what becomes of its output
 * @param health how it is found out whether it is well
 * @param pod the name or id of its pod; empty for none
 * @param pidFile a file that receives the first process's id at each start; empty for none
 * @param detachKeys the keys that let go of its terminal, such as {@code ctrl-p,ctrl-q}; empty for none
 */
public record LifeRequest(
        RestartPolicy restart,
        OptionalInt stopTimeoutSeconds,
        LogRequest log,
        HealthRequest health,
        String pod,
        String pidFile,
        String detachKeys) {
    /** The keys when none are asked for, Docker's. */
    public static final String DEFAULT_DETACH_KEYS = "ctrl-p,ctrl-q";

    /** Started once, alone, logged. */
    public static final LifeRequest DEFAULT = new LifeRequest(
            RestartPolicy.NO,
            OptionalInt.empty(),
            LogRequest.DEFAULT,
            HealthRequest.DEFAULT,
            "",
            "",
            DEFAULT_DETACH_KEYS);

    /**
     * {@return the same with another policy}
     *
     * @param policy when the container is started again
     */
    public LifeRequest withRestart(RestartPolicy policy) {
        return new LifeRequest(policy, stopTimeoutSeconds, log, health, pod, pidFile, detachKeys);
    }

    /**
     * {@return the same in another pod}
     *
     * @param newPod the name or id of the pod; empty for none
     */
    public LifeRequest withPod(String newPod) {
        return new LifeRequest(restart, stopTimeoutSeconds, log, health, newPod, pidFile, detachKeys);
    }

    /**
     * {@return the same with another log}
     *
     * @param newLog what becomes of the container's output
     */
    public LifeRequest withLog(LogRequest newLog) {
        return new LifeRequest(restart, stopTimeoutSeconds, newLog, health, pod, pidFile, detachKeys);
    }
}
