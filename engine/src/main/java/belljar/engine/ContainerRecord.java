package belljar.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the book says of one container. Immutable; the {@code with} methods make changed copies.
 *
 * @param id 64 hexadecimal digits
 * @param name the name, unique on this root
 * @param image the image as the user named it
 * @param imageId the image's id; empty for a plain directory
 * @param isolation the isolation kind's name
 * @param command the program and its arguments
 * @param created when it was created, milliseconds since the epoch
 * @param remove whether it is removed when it has ended
 * @param labels the user's labels
 * @param annotations the user's annotations, as of the OCI runtime specification
 * @param stopSignal the signal that asks the program to end, by name or number; empty for SIGTERM
 * @param pod the id of its pod; empty for none
 * @param restart when it is started again
 * @param networks the networks it is connected to, with its addresses while it runs
 * @param ports the ports of the host that lead to it
 * @param state what has become of it
 */
public record ContainerRecord(
        String id,
        String name,
        String image,
        String imageId,
        String isolation,
        List<String> command,
        long created,
        boolean remove,
        Map<String, String> labels,
        Map<String, String> annotations,
        String stopSignal,
        String pod,
        RestartPolicy restart,
        List<Endpoint> networks,
        List<PortRequest> ports,
        ContainerState state) {
    /** The exit code of a container whose end nobody saw. */
    public static final int UNKNOWN = -1;

    /** Copies the collections. */
    public ContainerRecord {
        command = List.copyOf(command);
        labels = Map.copyOf(labels);
        annotations = Map.copyOf(annotations);
        networks = List.copyOf(networks);
        ports = List.copyOf(ports);
    }

    /** The states of a container's life, by Podman's names. */
    public enum Status {
        /** Being set up, or set up and not started. */
        CREATED("created"),
        /** Started and not ended. */
        RUNNING("running"),
        /** Started, not ended, and given no time of a processor. */
        PAUSED("paused"),
        /** Told to end and not ended. */
        STOPPING("stopping"),
        /** Ended. */
        EXITED("exited");

        private final String text;

        Status(String text) {
            this.text = text;
        }

        /** {@return the word for people and files} */
        public String text() {
            return text;
        }
    }

    /** {@return the record of a new container} */
    static ContainerRecord of(
            String id, String name, String isolation, RunRequest request, PreparedImage image, long created) {
        List<Endpoint> networks = new ArrayList<>();
        for (NetworkAttachment attachment : request.network().networks()) {
            networks.add(new Endpoint(attachment.network(), List.of(), "", "", attachment.aliases()));
        }
        return new ContainerRecord(
                id,
                name,
                request.image(),
                image.id(),
                isolation,
                SpecBuilder.arguments(request.process(), image.defaults()),
                created,
                request.remove(),
                request.labels(),
                request.annotations(),
                request.process().stopSignal().isEmpty()
                        ? image.defaults().stopSignal()
                        : request.process().stopSignal(),
                request.life().pod(),
                request.life().restart(),
                networks,
                request.network().ports(),
                ContainerState.CREATED);
    }

    /** {@return where it is in its life} */
    public Status status() {
        return state.status();
    }

    /** {@return the exit code of its last end; {@link #UNKNOWN} when nobody saw it} */
    public int exitCode() {
        return state.exitCode();
    }

    /** {@return when it was last started, milliseconds since the epoch; 0 for never} */
    public long started() {
        return state.started();
    }

    /** {@return when it last ended, milliseconds since the epoch; 0 for never or not known} */
    public long finished() {
        return state.finished();
    }

    /** {@return how often its restart policy has started it again} */
    public int restartCount() {
        return state.restartCount();
    }

    /** {@return whether it ended since a user stopped it} */
    public boolean stoppedByUser() {
        return state.stoppedByUser();
    }

    /** {@return whether it has a living process} */
    public boolean lives() {
        return status() != Status.CREATED && status() != Status.EXITED;
    }

    ContainerRecord with(ContainerState newState) {
        return new ContainerRecord(
                id,
                name,
                image,
                imageId,
                isolation,
                command,
                created,
                remove,
                labels,
                annotations,
                stopSignal,
                pod,
                restart,
                networks,
                ports,
                newState);
    }

    ContainerRecord withName(String newName) {
        return new ContainerRecord(
                id,
                newName,
                image,
                imageId,
                isolation,
                command,
                created,
                remove,
                labels,
                annotations,
                stopSignal,
                pod,
                restart,
                networks,
                ports,
                state);
    }

    ContainerRecord withNetworks(List<Endpoint> newNetworks, List<PortRequest> newPorts) {
        return new ContainerRecord(
                id,
                name,
                image,
                imageId,
                isolation,
                command,
                created,
                remove,
                labels,
                annotations,
                stopSignal,
                pod,
                restart,
                newNetworks,
                newPorts,
                state);
    }

    ContainerRecord withRestart(RestartPolicy policy) {
        return new ContainerRecord(
                id,
                name,
                image,
                imageId,
                isolation,
                command,
                created,
                remove,
                labels,
                annotations,
                stopSignal,
                pod,
                policy,
                networks,
                ports,
                state);
    }
}
