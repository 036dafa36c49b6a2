package belljar.engine;

/**
 * Ports of the host that lead to a container.
 *
 * @param hostAddress the host's address that listens; empty for all
 * @param hostPort the first port of the host, 1 to 65535; 0 to have free ones chosen
 * @param containerPort the first port of the container, 1 to 65535
 * @param count how many in a row, at least 1
 * @param protocol {@code tcp}, {@code udp} or {@code sctp}
 */
public record PortRequest(String hostAddress, int hostPort, int containerPort, int count, String protocol) {}
