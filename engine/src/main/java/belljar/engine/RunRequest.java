package belljar.engine;

import belljar.image.RegistryOptions;
import belljar.sandbox.Resources;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that can be asked of one run of a container, in the words of the person who asks. {@link SpecBuilder}
 * turns it, together with what the image says, into a {@link belljar.sandbox.ContainerSpec}.
 *
 * @param image which image, as the user wrote it: a reference or {@code transport:name}
 * @param pull when to fetch the image
 * @param platform {@code os/architecture[/variant]}; empty for this machine's
 * @param name the container's name; empty to have one made up
 * @param isolation the isolation kind's name: {@code container}, {@code sentry} or {@code vm}
 * @param remove whether the container is removed when it has ended
 * @param cidFile a file that receives the container's id and must not exist; empty for none
 * @param quiet whether fetching the image shows no progress
 * @param registry how to talk to the image's registry; empty for the strict defaults
 * @param process the first process
 * @param storage mounts, devices and the root file system
 * @param security privileges and what fences them
 * @param namespaces what is shared with the host or another container
 * @param network the network and the names in it
 * @param resources limits; its device rules are added after the default ones
 * @param labels the container's labels
 * @param annotations annotations as of the OCI runtime specification
 * @param life when it is started again, what becomes of its output, and the like
 */
public record RunRequest(
        String image,
        PullPolicy pull,
        String platform,
        String name,
        String isolation,
        boolean remove,
        String cidFile,
        boolean quiet,
        Optional<RegistryOptions> registry,
        ProcessRequest process,
        StorageRequest storage,
        SecurityRequest security,
        NamespaceRequest namespaces,
        NetworkRequest network,
        Resources resources,
        Map<String, String> labels,
        Map<String, String> annotations,
        LifeRequest life) {

    /** When to fetch an image. */
    public enum PullPolicy {
        /** Only when it is not in the store. */
        MISSING,
        /** On every run. */
        ALWAYS,
        /** Never; it must be in the store. */
        NEVER,
        /** When the registry has another one; the stored one serves when the registry cannot be reached. */
        NEWER
    }

    /** The isolation kind when none is asked for. */
    public static final String DEFAULT_ISOLATION = "container";

    /** Copies the maps. */
    public RunRequest {
        labels = Map.copyOf(labels);
        annotations = Map.copyOf(annotations);
    }

    /**
     * A request with a life of the default kind: started once and logged.
     *
     * @param image which image
     * @param pull when to fetch it
     * @param platform its platform; empty for this machine's
     * @param name the container's name; empty to have one made up
     * @param isolation the isolation kind's name
     * @param remove whether the container is removed when it has ended
     * @param cidFile a file that receives the container's id; empty for none
     * @param quiet whether fetching the image shows no progress
     * @param registry how to talk to the image's registry
     * @param process the first process
     * @param storage mounts, devices and the root file system
     * @param security privileges and what fences them
     * @param namespaces what is shared with the host or another container
     * @param network the network and the names in it
     * @param resources limits
     * @param labels the container's labels
     * @param annotations annotations as of the OCI runtime specification
     */
    public RunRequest(
            String image,
            PullPolicy pull,
            String platform,
            String name,
            String isolation,
            boolean remove,
            String cidFile,
            boolean quiet,
            Optional<RegistryOptions> registry,
            ProcessRequest process,
            StorageRequest storage,
            SecurityRequest security,
            NamespaceRequest namespaces,
            NetworkRequest network,
            Resources resources,
            Map<String, String> labels,
            Map<String, String> annotations) {
        this(
                image,
                pull,
                platform,
                name,
                isolation,
                remove,
                cidFile,
                quiet,
                registry,
                process,
                storage,
                security,
                namespaces,
                network,
                resources,
                labels,
                annotations,
                LifeRequest.DEFAULT);
    }

    /**
     * {@return the same with another part}
     *
     * @param newName the container's name; empty to have one made up
     */
    public RunRequest withName(String newName) {
        return new RunRequest(
                image,
                pull,
                platform,
                newName,
                isolation,
                remove,
                cidFile,
                quiet,
                registry,
                process,
                storage,
                security,
                namespaces,
                network,
                resources,
                labels,
                annotations,
                life);
    }

    /**
     * {@return the same with another part}
     *
     * @param newRemove whether the container is removed when it has ended
     */
    public RunRequest withRemove(boolean newRemove) {
        return new RunRequest(
                image,
                pull,
                platform,
                name,
                isolation,
                newRemove,
                cidFile,
                quiet,
                registry,
                process,
                storage,
                security,
                namespaces,
                network,
                resources,
                labels,
                annotations,
                life);
    }

    /**
     * {@return the same with another part}
     *
     * @param newCidFile a file that receives the container's id; empty for none
     */
    public RunRequest withCidFile(String newCidFile) {
        return new RunRequest(
                image,
                pull,
                platform,
                name,
                isolation,
                remove,
                newCidFile,
                quiet,
                registry,
                process,
                storage,
                security,
                namespaces,
                network,
                resources,
                labels,
                annotations,
                life);
    }

    /**
     * {@return the same with another part}
     *
     * @param newProcess the first process
     */
    public RunRequest withProcess(ProcessRequest newProcess) {
        return new RunRequest(
                image,
                pull,
                platform,
                name,
                isolation,
                remove,
                cidFile,
                quiet,
                registry,
                newProcess,
                storage,
                security,
                namespaces,
                network,
                resources,
                labels,
                annotations,
                life);
    }

    /**
     * {@return the same with another part}
     *
     * @param newStorage mounts, devices and the root file system
     */
    public RunRequest withStorage(StorageRequest newStorage) {
        return new RunRequest(
                image,
                pull,
                platform,
                name,
                isolation,
                remove,
                cidFile,
                quiet,
                registry,
                process,
                newStorage,
                security,
                namespaces,
                network,
                resources,
                labels,
                annotations,
                life);
    }

    /**
     * {@return the same with another part}
     *
     * @param newSecurity privileges and what fences them
     */
    public RunRequest withSecurity(SecurityRequest newSecurity) {
        return new RunRequest(
                image,
                pull,
                platform,
                name,
                isolation,
                remove,
                cidFile,
                quiet,
                registry,
                process,
                storage,
                newSecurity,
                namespaces,
                network,
                resources,
                labels,
                annotations,
                life);
    }

    /**
     * {@return the same with another part}
     *
     * @param newNamespaces what is shared with the host or another container
     */
    public RunRequest withNamespaces(NamespaceRequest newNamespaces) {
        return new RunRequest(
                image,
                pull,
                platform,
                name,
                isolation,
                remove,
                cidFile,
                quiet,
                registry,
                process,
                storage,
                security,
                newNamespaces,
                network,
                resources,
                labels,
                annotations,
                life);
    }

    /**
     * {@return the same with another part}
     *
     * @param newNetwork the network and the names in it
     */
    public RunRequest withNetwork(NetworkRequest newNetwork) {
        return new RunRequest(
                image,
                pull,
                platform,
                name,
                isolation,
                remove,
                cidFile,
                quiet,
                registry,
                process,
                storage,
                security,
                namespaces,
                newNetwork,
                resources,
                labels,
                annotations,
                life);
    }

    /**
     * {@return the same with another part}
     *
     * @param newResources limits
     */
    public RunRequest withResources(Resources newResources) {
        return new RunRequest(
                image,
                pull,
                platform,
                name,
                isolation,
                remove,
                cidFile,
                quiet,
                registry,
                process,
                storage,
                security,
                namespaces,
                network,
                newResources,
                labels,
                annotations,
                life);
    }

    /**
     * {@return the same with another part}
     *
     * @param newLabels the container's labels
     */
    public RunRequest withLabels(Map<String, String> newLabels) {
        return new RunRequest(
                image,
                pull,
                platform,
                name,
                isolation,
                remove,
                cidFile,
                quiet,
                registry,
                process,
                storage,
                security,
                namespaces,
                network,
                resources,
                newLabels,
                annotations,
                life);
    }

    /**
     * {@return the same with another part}
     *
     * @param newLife when it is started again, what becomes of its output, and the like
     */
    public RunRequest withLife(LifeRequest newLife) {
        return new RunRequest(
                image,
                pull,
                platform,
                name,
                isolation,
                remove,
                cidFile,
                quiet,
                registry,
                process,
                storage,
                security,
                namespaces,
                network,
                resources,
                labels,
                annotations,
                newLife);
    }

    /**
     * {@return a request for an image's own command with every default}
     *
     * @param image which image
     */
    public static RunRequest of(String image) {
        return new RunRequest(
                image,
                PullPolicy.MISSING,
                "",
                "",
                DEFAULT_ISOLATION,
                false,
                "",
                false,
                Optional.empty(),
                ProcessRequest.DEFAULT,
                StorageRequest.DEFAULT,
                SecurityRequest.DEFAULT,
                NamespaceRequest.DEFAULT,
                NetworkRequest.DEFAULT,
                Resources.NONE,
                Map.of(),
                Map.of());
    }
}
