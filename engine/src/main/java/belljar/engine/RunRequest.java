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
        Map<String, String> annotations) {

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
