package belljar.image;

import belljar.failure.UserException;
import java.util.Locale;
import java.util.Optional;

/**
 * An image's name, completed as Docker completes it: {@code busybox} means {@code docker.io/library/busybox:latest}.
 * Follows the grammar of the distribution project's {@code reference} package, which all registries share.
 *
 * @param registry host name or address, with {@code :port} where one was given
 * @param repository the path within the registry, such as {@code library/busybox}
 * @param tag the tag; absent only where a digest was given without one
 * @param digest the digest of the manifest or index, where one was given; it counts more than the tag
 */
public record Reference(String registry, String repository, Optional<String> tag, Optional<Digest> digest) {
    /** The registry meant where none is named. */
    public static final String DEFAULT_REGISTRY = "docker.io";

    private static final String OFFICIAL = "library/";
    private static final int MAX_REPOSITORY = 255;
    private static final int MAX_TAG = 128;

    /**
     * Checks all parts.
     *
     * @throws UserException naming the rule that a part breaks
     */
    public Reference {
        ReferenceRules.check(registry, repository, tag, MAX_REPOSITORY, MAX_TAG);
        if (tag.isEmpty() && digest.isEmpty()) {
            throw new UserException("image name '" + registry + "/" + repository + "' needs a tag or a digest");
        }
    }

    /**
     * {@return the name that a text means}
     *
     * @param text such as {@code busybox}, {@code host:5000/team/app:1.2} or {@code debian@sha256:…}
     * @throws UserException if the text is no image name; the message quotes it and names the rule it breaks
     */
    public static Reference parse(String text) {
        try {
            return normalise(text);
        } catch (UserException e) {
            throw new UserException("'" + text + "' is not an image name: " + e.getMessage(), e);
        }
    }

    private static Reference normalise(String text) {
        if (text.isEmpty()) {
            throw new UserException("it is empty");
        }
        String rest = text;
        Optional<Digest> digest = Optional.empty();
        int at = rest.indexOf('@');
        if (at >= 0) {
            digest = Optional.of(Digest.parse(rest.substring(at + 1)));
            rest = rest.substring(0, at);
        }
        if (rest.length() == 64 && Digest.isHex(rest)) {
            throw new UserException("64 hexadecimal digits are an image's id, not a name");
        }
        int slash = rest.indexOf('/');
        String registry = DEFAULT_REGISTRY;
        if (slash >= 0 && isHost(rest.substring(0, slash))) {
            registry = rest.substring(0, slash);
            rest = rest.substring(slash + 1);
        }
        // Only a colon after the last slash starts a tag: the one before it belongs to the port.
        Optional<String> tag = Optional.empty();
        int colon = rest.indexOf(':', rest.lastIndexOf('/') + 1);
        if (colon >= 0) {
            tag = Optional.of(rest.substring(colon + 1));
            rest = rest.substring(0, colon);
        } else if (digest.isEmpty()) {
            tag = Optional.of("latest");
        }
        if (registry.equals("index.docker.io")) {
            registry = DEFAULT_REGISTRY;
        }
        if (registry.equals(DEFAULT_REGISTRY) && rest.indexOf('/') < 0 && !rest.isEmpty()) {
            rest = OFFICIAL + rest;
        }
        return new Reference(registry, rest, tag, digest);
    }

    /** Docker's rule: a first component is a host if it could not be a user's name there. */
    private static boolean isHost(String first) {
        return first.indexOf('.') >= 0
                || first.indexOf(':') >= 0
                || first.equals("localhost")
                || !first.equals(first.toLowerCase(Locale.ROOT));
    }

    /** {@return registry and repository, such as {@code docker.io/library/busybox}} */
    public String name() {
        return registry + "/" + repository;
    }

    /**
     * {@return the name as people write it: without the default registry, {@code library/} and, if that is all there
     * is, {@code :latest}}
     */
    public String familiar() {
        String suffix = digest.isEmpty() && tag.isPresent() && tag.get().equals("latest") ? "" : suffix();
        return familiarName() + suffix;
    }

    /** {@return registry and repository as people write them, such as {@code busybox}} */
    public String familiarName() {
        if (!registry.equals(DEFAULT_REGISTRY)) {
            return name();
        }
        boolean official = repository.startsWith(OFFICIAL) && repository.indexOf('/', OFFICIAL.length()) < 0;
        return official ? repository.substring(OFFICIAL.length()) : repository;
    }

    /**
     * {@return this name with another tag and no digest}
     *
     * @param replacement the tag
     * @throws UserException if it is no tag
     */
    public Reference withTag(String replacement) {
        return new Reference(registry, repository, Optional.of(replacement), Optional.empty());
    }

    /**
     * {@return this name with a digest and no tag}
     *
     * @param replacement the digest
     */
    public Reference withDigest(Digest replacement) {
        return new Reference(registry, repository, Optional.empty(), Optional.of(replacement));
    }

    /** {@return what a registry's API takes after {@code manifests/}: the digest if there is one, else the tag} */
    public String manifestName() {
        return digest.isPresent() ? digest.get().toString() : tag.orElse("latest");
    }

    private String suffix() {
        String text = tag.isPresent() ? ":" + tag.get() : "";
        return digest.isPresent() ? text + "@" + digest.get() : text;
    }

    /** {@return the complete name, such as {@code docker.io/library/busybox:latest}} */
    @Override
    public String toString() {
        return name() + suffix();
    }
}
