package belljar.image;

import belljar.failure.HostException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Decides which lists and which status apt works with, and sees to it that every package's file is there. */
final class AptDownload {
    private final AptTool tool;
    private final AptDirectories directories;
    private final List<String> without;

    /**
     * Creates it.
     *
     * @param tool the machine's apt
     * @param directories where it works
     * @param without packages that apt is told are there, beside those that no image has ({@link AptStandIns})
     */
    AptDownload(AptTool tool, AptDirectories directories, List<String> without) {
        this.tool = tool;
        this.directories = directories;
        this.without = without;
    }

    /**
     * A package and its file.
     *
     * @param chosen the package
     * @param file the file, verified by apt when it was downloaded
     */
    record Item(AptPackage chosen, Path file) {}

    /**
     * {@return the packages that the request needs, sorted by name, with their files}
     *
     * @param request the packages asked for
     */
    List<Item> fetch(AptRequest request) {
        Path lists = directories.lists();
        boolean fresh = false;
        if (!AptDirectories.hasLists(lists)) {
            tool.update();
            fresh = true;
        }
        @Nullable List<Item> items = attempt(request, lists, fresh);
        if (items == null) {
            // What the lists name is gone from the server. The host's lists are the host's to refresh, so ours are.
            tool.update();
            items = attempt(request, directories.ownLists(), true);
        }
        if (items == null) {
            throw new HostException(
                    "the packages of '" + request.name() + "' cannot be downloaded, though the package lists are new; "
                            + "the machine's package mirror may be out of step, so try again later",
                    "apt-get",
                    0);
        }
        return items;
    }

    /** Resolves and downloads; null when the lists proved out of date. */
    private @Nullable List<Item> attempt(AptRequest request, Path lists, boolean fresh) {
        Path status = directories.status(request.packageNames(), without);
        AptTool.Output output = tool.simulate(request, status, lists);
        if (without.isEmpty() && AptFailure.isUnmet(output)) {
            // Perhaps something depends on the very version of a package that a stand-in stands for.
            Path empty = directories.emptyStatus();
            AptTool.Output complete = tool.simulate(request, empty, lists);
            if (complete.exit() == 0) {
                output = complete;
                status = empty;
            }
        }
        if (output.exit() != 0) {
            throw new AptFailure(tool, request, status, lists).of(output);
        }
        List<AptPackage> packages = AptTool.installed(output.lines());
        if (packages.isEmpty()) {
            throw new HostException("apt-get chose no package for '" + request.name() + "'", "apt-get", 0);
        }
        List<Item> items = present(packages, Map.of());
        if (items.size() < packages.size()) {
            AptTool.Output download = tool.download(request, status, lists);
            if (download.exit() != 0) {
                if (!fresh && AptFailure.isStale(download)) {
                    return null;
                }
                throw new AptFailure(tool, request, status, lists).of(download);
            }
            items = present(packages, Map.of());
        }
        if (items.size() < packages.size()) {
            items = present(packages, tool.localFiles(request, status, lists));
        }
        if (items.size() < packages.size()) {
            List<String> missing = new ArrayList<>();
            for (AptPackage each : packages) {
                missing.add(each.fileName());
            }
            items.forEach(item -> missing.remove(item.chosen().fileName()));
            throw new HostException(
                    "apt-get says that it downloaded " + String.join(", ", missing) + ", but it is not in '"
                            + directories.archives() + "'",
                    "apt-get",
                    0);
        }
        return items;
    }

    private List<Item> present(List<AptPackage> packages, Map<String, Path> elsewhere) {
        List<Item> items = new ArrayList<>();
        for (AptPackage each : packages) {
            Path file = directories.archives().resolve(each.fileName());
            Path local = elsewhere.get(each.name());
            if (isFile(file)) {
                items.add(new Item(each, file));
            } else if (local != null && isFile(local)) {
                items.add(new Item(each, local));
            }
        }
        return items;
    }

    private static boolean isFile(Path file) {
        try {
            // apt renames a file into place only when it is complete and verified.
            return Files.size(file) > 0;
        } catch (IOException absent) {
            return false;
        }
    }
}
