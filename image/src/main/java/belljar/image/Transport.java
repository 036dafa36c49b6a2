package belljar.image;

import belljar.failure.UserException;
import java.nio.file.Path;

/**
 * Where an image is said to be, taken apart: a transport's name before the first colon makes the difference to an
 * image's name in a registry, so an image cannot be called just {@code oci} or {@code dir} with a tag.
 *
 * @param kind which transport
 * @param text everything after the transport's name and colon; the whole text for a registry
 */
record Transport(Kind kind, String text) {
    /** The transports. */
    enum Kind {
        REGISTRY(""),
        OCI("oci"),
        OCI_ARCHIVE("oci-archive"),
        DOCKER_ARCHIVE("docker-archive"),
        DIR("dir"),
        APT("apt");

        private final String prefix;

        Kind(String prefix) {
            this.prefix = prefix;
        }

        String prefix() {
            return prefix;
        }
    }

    static Transport parse(String spec) {
        int colon = spec.indexOf(':');
        String prefix = colon < 0 ? "" : spec.substring(0, colon);
        String rest = colon < 0 ? "" : spec.substring(colon + 1);
        Kind kind = kind(prefix);
        if (kind == Kind.REGISTRY) {
            // Skopeo's and Podman's way to say "a registry".
            return prefix.equals("docker") && rest.startsWith("//")
                    ? new Transport(kind, rest.substring(2))
                    : new Transport(kind, spec);
        }
        if (rest.isEmpty()) {
            throw new UserException("'" + spec + "' needs something after the colon, such as " + example(kind));
        }
        return new Transport(kind, rest);
    }

    private static Kind kind(String prefix) {
        // A plain chain instead of values(): this is parsed on every run.
        if (prefix.equals("oci")) {
            return Kind.OCI;
        }
        if (prefix.equals("oci-archive")) {
            return Kind.OCI_ARCHIVE;
        }
        if (prefix.equals("docker-archive")) {
            return Kind.DOCKER_ARCHIVE;
        }
        if (prefix.equals("dir")) {
            return Kind.DIR;
        }
        return prefix.equals("apt") ? Kind.APT : Kind.REGISTRY;
    }

    private static String example(Kind kind) {
        return kind == Kind.APT ? "apt:busybox-static" : kind.prefix() + ":PATH";
    }

    /** {@return the path, absolute: up to the first colon, except that {@code dir:} has nothing but a path} */
    Path path() {
        int colon = kind == Kind.DIR ? -1 : text.indexOf(':');
        return Path.of(colon < 0 ? text : text.substring(0, colon))
                .toAbsolutePath()
                .normalize();
    }

    /** {@return what stands after the path's colon; empty where there is none} */
    String ref() {
        int colon = kind == Kind.DIR ? -1 : text.indexOf(':');
        return colon < 0 ? "" : text.substring(colon + 1);
    }
}
