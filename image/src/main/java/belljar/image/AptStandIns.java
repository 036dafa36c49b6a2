package belljar.image;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Packages that serve only to install and maintain other packages. An image is built without running any package's
 * scripts, so nothing in it uses them; with them come perl, tar and a hundred megabytes. apt is told that they are
 * installed already, hence leaves them and what only they need out. Naming one in the request brings in the real one.
 */
final class AptStandIns {
    private static final List<String> NAMES = List.of(
            "adduser",
            "apt",
            "debconf",
            "debconf-2.0",
            "dpkg",
            "init-system-helpers",
            "ucf",
            // Both mean "this system has a merged /usr", which the image's tree is given by construction.
            "usr-is-merged",
            "usrmerge");

    private AptStandIns() {}

    /**
     * {@return the dpkg status file (deb822(5), dpkg-query(1)) that lists the stand-ins as installed and nothing else}
     *
     * @param requested names that the request asks for itself: these get no stand-in
     * @param more names that get one, too
     */
    static String status(Collection<String> requested, Collection<String> more) {
        List<String> names = new ArrayList<>(NAMES);
        names.addAll(more);
        StringBuilder status = new StringBuilder();
        for (String name : names) {
            if (requested.contains(name)) {
                continue;
            }
            // A version above any real one satisfies every lower bound; Multi-Arch makes it serve dependants of any
            // kind.
            status.append("Package: ")
                    .append(name)
                    .append("\nStatus: install ok installed\nPriority: optional\nSection: admin\n")
                    .append("Maintainer: nobody <nobody@localhost>\nArchitecture: amd64\nMulti-Arch: foreign\n")
                    .append("Version: 9999:0\nDescription: left out of the image\n\n");
        }
        return status.toString();
    }
}
