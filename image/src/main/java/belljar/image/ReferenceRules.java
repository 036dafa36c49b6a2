package belljar.image;

import belljar.failure.UserException;
import java.util.Optional;

/**
 * The character and length rules of the distribution project's reference grammar, as loops: names are parsed on the way
 * to every container, where a regular expression's machinery would cost more than all the rest.
 */
final class ReferenceRules {
    private ReferenceRules() {}

    static void check(String registry, String repository, Optional<String> tag, int maxRepository, int maxTag) {
        checkRegistry(registry);
        if (repository.isEmpty()) {
            throw new UserException("the repository's name is missing");
        }
        if (repository.length() > maxRepository) {
            throw new UserException("the repository's name is longer than " + maxRepository + " characters");
        }
        int start = 0;
        while (start <= repository.length()) {
            int end = repository.indexOf('/', start);
            if (end < 0) {
                end = repository.length();
            }
            checkComponent(repository, start, end);
            start = end + 1;
        }
        if (tag.isPresent()) {
            checkTag(tag.get(), maxTag);
        }
    }

    private static void checkRegistry(String registry) {
        String host = registry;
        int colon = registry.lastIndexOf(':');
        int bracket = registry.lastIndexOf(']');
        if (colon > bracket) {
            host = registry.substring(0, colon);
            String port = registry.substring(colon + 1);
            boolean valid = !port.isEmpty() && port.length() <= 5;
            for (int i = 0; i < port.length(); i++) {
                valid &= isDigit(port.charAt(i));
            }
            if (!valid || Integer.parseInt(port) > 65535) {
                throw new UserException("the registry's port '" + port + "' must be a number up to 65535");
            }
        }
        if (host.startsWith("[") && host.endsWith("]") && isAddress(host)) {
            return;
        }
        boolean valid = !host.isEmpty();
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            boolean edge = i == 0 || i == host.length() - 1 || host.charAt(i - 1) == '.' || host.charAt(i + 1) == '.';
            boolean letter = isLower(c) || isUpper(c) || isDigit(c);
            valid &= letter || !edge && (c == '-' || c == '.');
        }
        if (!valid) {
            throw new UserException(
                    "the registry '" + registry
                            + "' must be a host name or address of letters, digits, dots and inner hyphens, with :port if needed");
        }
    }

    /** An IPv6 address in brackets, loosely: the resolver has the last word. */
    private static boolean isAddress(String host) {
        for (int i = 1; i < host.length() - 1; i++) {
            char c = host.charAt(i);
            if (!(isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' || c == ':')) {
                return false;
            }
        }
        return host.length() > 3;
    }

    /** Lower-case letters and digits, with one dot, one or two underscores or any number of hyphens between them. */
    private static void checkComponent(String repository, int start, int end) {
        if (start == end) {
            throw new UserException("the repository's name has an empty part");
        }
        int i = start;
        boolean valid = isName(repository.charAt(start)) && isName(repository.charAt(end - 1));
        while (i < end && valid) {
            char c = repository.charAt(i);
            if (isUpper(c)) {
                break;
            }
            int run = i;
            while (run < end && repository.charAt(run) == c) {
                run++;
            }
            boolean separator = c == '-' || c == '.' && run - i == 1 || c == '_' && run - i <= 2;
            if (!isName(c)) {
                valid = separator && run < end && isName(repository.charAt(run));
            }
            i = run;
        }
        for (int j = start; j < end; j++) {
            if (isUpper(repository.charAt(j))) {
                throw new UserException("the repository's name must be in lower case");
            }
        }
        if (!valid) {
            throw new UserException("the part '" + repository.substring(start, end)
                    + "' of the repository's name must be lower-case letters and digits, separated by single"
                    + " dots, one or two underscores, or hyphens");
        }
    }

    private static void checkTag(String tag, int maxTag) {
        if (tag.isEmpty()) {
            throw new UserException("the tag after the colon is missing");
        }
        if (tag.length() > maxTag) {
            throw new UserException("the tag is longer than " + maxTag + " characters");
        }
        for (int i = 0; i < tag.length(); i++) {
            char c = tag.charAt(i);
            boolean word = isName(c) || isUpper(c) || c == '_';
            if (!word && (i == 0 || c != '.' && c != '-')) {
                throw new UserException("the tag '" + tag
                        + "' must be letters, digits, underscores, and not at its start dots and hyphens");
            }
        }
    }

    private static boolean isName(char c) {
        return isLower(c) || isDigit(c);
    }

    private static boolean isLower(char c) {
        return c >= 'a' && c <= 'z';
    }

    private static boolean isUpper(char c) {
        return c >= 'A' && c <= 'Z';
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
