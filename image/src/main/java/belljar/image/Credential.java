package belljar.image;

import belljar.failure.UserException;

/**
 * What proves to a registry who asks. The text form of every kind leaves the secret out, so that none can slip into a
 * message. Immutable.
 */
public sealed interface Credential {
    /**
     * A user's name and password, or an access token that the registry accepts as one.
     *
     * @param user the name; may not hold a colon, since HTTP's basic scheme separates by it (RFC 7617, section 2)
     * @param secret the password
     */
    record Password(String user, String secret) implements Credential {
        @Override
        public String toString() {
            return "password of user '" + user + "'";
        }
    }

    /**
     * A token that only buys other tokens from the registry's authorisation server, as {@code docker login} stores it
     * for single sign-on.
     *
     * @param secret the refresh token
     */
    record IdentityToken(String secret) implements Credential {
        @Override
        public String toString() {
            return "identity token";
        }
    }

    /**
     * A bearer token to be shown to the registry as it is.
     *
     * @param secret the token
     */
    record RegistryToken(String secret) implements Credential {
        @Override
        public String toString() {
            return "registry token";
        }
    }

    /**
     * Reads the argument of {@code --creds}.
     *
     * @param argument {@code USER:PASSWORD}; the password may hold colons
     * @return the credential
     * @throws UserException if the argument has no colon or an empty user; the argument is not repeated
     */
    static Credential parse(String argument) {
        int colon = argument.indexOf(':');
        if (colon <= 0) {
            throw new UserException("--creds must have the form USER:PASSWORD");
        }
        return new Password(argument.substring(0, colon), argument.substring(colon + 1));
    }
}
