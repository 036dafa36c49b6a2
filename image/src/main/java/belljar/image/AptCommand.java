package belljar.image;

import java.util.List;

/**
 * Chooses what an image of packages runs when nothing is said: a shell where there is one, else the program asked for.
 */
final class AptCommand {
    private AptCommand() {}

    /**
     * {@return the command; empty where there is nothing to run, as in an image of libraries}
     *
     * @param request the packages, whose first program in the order of names is taken
     * @param tree the tree with everything in it
     */
    static List<String> of(AptRequest request, DebTree tree) {
        for (String shell : List.of("bash", "sh")) {
            if (!tree.resolve("usr/bin/" + shell).isEmpty()) {
                return List.of("/bin/" + shell);
            }
        }
        for (String name : request.packageNames()) {
            for (String directory : List.of("usr/bin/", "usr/sbin/")) {
                if (!tree.resolve(directory + name).isEmpty()) {
                    return List.of("/" + directory + name);
                }
            }
        }
        for (String name : request.packageNames()) {
            List<String> programs = tree.programs(name);
            if (programs.size() == 1) {
                return List.of("/" + programs.getFirst());
            }
        }
        return List.of();
    }
}
