package belljar.engine;

import belljar.engine.ContainerRecord.Status;

/**
 * What has become of a container. Immutable; the {@code with} methods make changed copies.
 *
 * @param status where it is in its life
 * @param exitCode the exit code of its last end; {@link ContainerRecord#UNKNOWN} when nobody saw it, and before the
 *     first end
 * @param started when it was last started, milliseconds since the epoch; 0 for never
 * @param finished when it last ended, milliseconds since the epoch; 0 for never or not known
 * @param oomKilled whether the kernel killed one of its processes for want of memory
 * @param error why it could not be started the last time; empty when it could
 * @param restartCount how often its restart policy has started it again since a user did
 * @param stoppedByUser whether it ended since a user stopped it
 * @param health what its health check last said, in Podman's words; empty without one
 */
public record ContainerState(
        Status status,
        int exitCode,
        long started,
        long finished,
        boolean oomKilled,
        String error,
        int restartCount,
        boolean stoppedByUser,
        String health) {
    /** Made and never started. */
    public static final ContainerState CREATED =
            new ContainerState(Status.CREATED, ContainerRecord.UNKNOWN, 0, 0, false, "", 0, false, "");

    /** {@return this container as it lives} */
    ContainerState living(Status now, long startedMillis, String healthNow) {
        return new ContainerState(now, exitCode, startedMillis, finished, false, "", restartCount, false, healthNow);
    }

    /** {@return this container after its end} */
    ContainerState ended(int code, long startedMillis, long finishedMillis, boolean outOfMemory, boolean byUser) {
        return new ContainerState(
                Status.EXITED, code, startedMillis, finishedMillis, outOfMemory, "", restartCount, byUser, "");
    }

    ContainerState withRestartCount(int count) {
        return new ContainerState(status, exitCode, started, finished, oomKilled, error, count, stoppedByUser, health);
    }

    ContainerState withStoppedByUser(boolean byUser) {
        return new ContainerState(status, exitCode, started, finished, oomKilled, error, restartCount, byUser, health);
    }

    ContainerState withError(String why) {
        return new ContainerState(
                status, exitCode, started, finished, oomKilled, why, restartCount, stoppedByUser, health);
    }
}
