package belljar.engine;

import java.util.List;
import java.util.Map;

/**
 * What is asked of a pod.
 *
 * @param name its name; empty to have one made up
 * @param labels its labels
 * @param shares what its containers share, of {@code ipc}, {@code net}, {@code pid} and {@code uts}
 * @param infra whether a container holds the namespaces; without one nothing is shared
 * @param stopWithLast whether that container is stopped when the last of the others has ended
 * @param network the network of the pod with its published ports, and its host name; an empty one is the pod's name
 */
public record PodRequest(
        String name,
        Map<String, String> labels,
        List<String> shares,
        boolean infra,
        boolean stopWithLast,
        NetworkRequest network) {
    /** What is shared when nothing is said about it. */
    public static final List<String> DEFAULT_SHARES = List.of("ipc", "net", "uts");

    /** Copies the collections. */
    public PodRequest {
        labels = Map.copyOf(labels);
        shares = List.copyOf(shares);
    }

    /**
     * {@return a pod with every default}
     *
     * @param name its name; empty to have one made up
     */
    public static PodRequest of(String name) {
        return new PodRequest(name, Map.of(), DEFAULT_SHARES, true, false, NetworkRequest.DEFAULT);
    }
}
