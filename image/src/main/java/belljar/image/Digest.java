package belljar.image;

import belljar.failure.BugException;
import belljar.failure.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The name of content by its hash, as in the OCI image specification ("Digests"). Only the two registered algorithms
 * are accepted: one we cannot check is one we must not trust.
 *
 * @param algorithm {@code sha256} or {@code sha512}
 * @param hex the hash in lower-case hexadecimal digits: 64 of them for sha256, 128 for sha512
 */
public record Digest(String algorithm, String hex) {
    /**
     * Checks both parts.
     *
     * @throws UserException if the algorithm is unknown or the digits do not fit it
     */
    public Digest {
        int length = algorithm.equals("sha256") ? 64 : algorithm.equals("sha512") ? 128 : 0;
        if (length == 0) {
            throw new UserException(
                    "digest '" + algorithm + ":" + hex + "' has an unknown algorithm; use sha256 or sha512");
        }
        if (hex.length() != length || !isHex(hex)) {
            throw new UserException("digest '" + algorithm + ":" + hex + "' must have " + length
                    + " lower-case hexadecimal digits after " + algorithm + ":");
        }
    }

    /** {@return whether a text is made of lower-case hexadecimal digits only} */
    static boolean isHex(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!(c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) {
                return false;
            }
        }
        return true;
    }

    /**
     * {@return a digest from its text}
     *
     * @param text {@code algorithm:hex}
     * @throws UserException if the text is no digest
     */
    public static Digest parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new UserException("digest '" + text + "' must have the form sha256:<64 hexadecimal digits>");
        }
        return new Digest(text.substring(0, colon), text.substring(colon + 1));
    }

    /**
     * {@return the sha256 digest of bytes}
     *
     * @param content the bytes
     */
    public static Digest sha256(byte[] content) {
        Hasher hasher = new Hasher("sha256");
        hasher.update(content, 0, content.length);
        return hasher.finish();
    }

    /**
     * {@return the sha256 digest of everything left in a stream, which is not closed}
     *
     * @param content the stream
     * @throws IOException if reading fails
     */
    public static Digest sha256(InputStream content) throws IOException {
        Hasher hasher = new Hasher("sha256");
        byte[] buffer = new byte[64 * 1024];
        int n;
        while ((n = content.read(buffer)) >= 0) {
            hasher.update(buffer, 0, n);
        }
        return hasher.finish();
    }

    /** {@return a hasher that will give a digest of this one's algorithm} */
    public Hasher hasher() {
        return new Hasher(algorithm);
    }

    /** {@return {@code algorithm:hex}} */
    @Override
    public String toString() {
        return algorithm + ":" + hex;
    }

    /** {@return the first 12 digits, which is how people are shown an image's id} */
    public String shortHex() {
        return hex.substring(0, 12);
    }

    /** Takes content piece by piece. Not safe for use by several threads. */
    public static final class Hasher {
        private final String algorithm;
        private final MessageDigest digest;

        private Hasher(String algorithm) {
            this.algorithm = algorithm;
            try {
                digest = MessageDigest.getInstance(algorithm.equals("sha512") ? "SHA-512" : "SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new BugException("every Java platform has SHA-256 and SHA-512", e);
            }
        }

        /** {@return a hasher for sha256} */
        public static Hasher sha256() {
            return new Hasher("sha256");
        }

        /**
         * Takes more content.
         *
         * @param bytes where it stands
         * @param offset its first byte
         * @param length how many bytes
         */
        public void update(byte[] bytes, int offset, int length) {
            digest.update(bytes, offset, length);
        }

        /**
         * Takes more content.
         *
         * @param bytes all bytes left in it; afterwards none are
         */
        public void update(java.nio.ByteBuffer bytes) {
            digest.update(bytes);
        }

        /** {@return the digest of everything taken; the hasher starts anew} */
        public Digest finish() {
            return new Digest(algorithm, HexFormat.of().formatHex(digest.digest()));
        }
    }
}
