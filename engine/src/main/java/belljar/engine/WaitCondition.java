package belljar.engine;

import belljar.engine.ContainerRecord.Status;
import belljar.failure.UserException;

/** What can be waited for in a container's life, by Podman's names. */
public enum WaitCondition {
    /** It is made and has never been started. */
    CREATED("created"),
    /** It has ended. */
    EXITED("exited"),
    /** It has ended; another name of {@link #EXITED}. */
    STOPPED("stopped"),
    /** It is being stopped. */
    STOPPING("stopping"),
    /** It is paused. */
    PAUSED("paused"),
    /** It runs. */
    RUNNING("running"),
    /** Its health check says that it is well. */
    HEALTHY("healthy"),
    /** Its health check says that it is not well. */
    UNHEALTHY("unhealthy"),
    /** There is no such container. */
    REMOVED("removed");

    private final String text;

    WaitCondition(String text) {
        this.text = text;
    }

    /**
     * {@return the condition of a name}
     *
     * @param text the name
     * @throws UserException if there is none of that name
     */
    public static WaitCondition of(String text) {
        for (WaitCondition condition : values()) {
            if (condition.text.equals(text)) {
                return condition;
            }
        }
        throw new UserException("'" + text + "' is not a condition; write created, exited, stopped, stopping, paused,"
                + " running, healthy, unhealthy or removed");
    }

    /** {@return whether a container is in this condition} */
    boolean holds(ContainerRecord record) {
        return switch (this) {
            case CREATED -> record.status() == Status.CREATED;
            case EXITED, STOPPED -> record.status() == Status.EXITED;
            case STOPPING -> record.status() == Status.STOPPING;
            case PAUSED -> record.status() == Status.PAUSED;
            case RUNNING -> record.status() == Status.RUNNING;
            case HEALTHY, UNHEALTHY -> record.state().health().equals(text);
            case REMOVED -> false;
        };
    }
}
