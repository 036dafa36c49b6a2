package belljar.engine;

import belljar.failure.GuestException;
import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Merges the variables of the first process; the rules are Docker's with Podman's ways to leave some out. */
final class Environment {
    private static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private Environment() {}

    /**
     * {@return the environment as {@code NAME=value}}
     *
     * @param process what is asked
     * @param image the image's variables
     * @param home the user's home directory
     * @param hostname the container's host name
     */
    static List<String> merge(ProcessRequest process, List<String> image, String home, String hostname) {
        Map<String, String> merged = new LinkedHashMap<>();
        if (!process.unsetAllEnv()) {
            merged.put("PATH", DEFAULT_PATH);
            if (process.tty()) {
                merged.put("TERM", "xterm");
            }
            merged.put("container", "belljar");
            for (String variable : image) {
                int equals = variable.indexOf('=');
                if (variable.indexOf('\0') >= 0) {
                    throw new GuestException(
                            "the image's environment has a NUL character in '" + variable.replace('\0', '?') + "'",
                            126);
                }
                if (equals > 0) { // Docker passes over what has no name
                    merged.put(variable.substring(0, equals), variable.substring(equals + 1));
                }
            }
        }
        merged.put("HOSTNAME", hostname);
        for (String name : process.unsetEnv()) {
            merged.remove(name);
        }
        for (String variable : process.env()) {
            int equals = variable.indexOf('=');
            if (equals <= 0 || variable.indexOf('\0') >= 0) {
                throw new UserException(
                        "'" + variable.replace('\0', '?') + "' is not an environment variable; write it as NAME=value");
            }
            merged.put(variable.substring(0, equals), variable.substring(equals + 1));
        }
        if (!merged.containsKey("HOME")) {
            merged.put("HOME", home);
        }
        List<String> result = new ArrayList<>(merged.size());
        for (Map.Entry<String, String> variable : merged.entrySet()) {
            result.add(variable.getKey() + "=" + variable.getValue());
        }
        return result;
    }
}
