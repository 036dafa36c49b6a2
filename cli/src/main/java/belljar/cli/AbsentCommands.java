package belljar.cli;

/**
 * Podman's commands that Belljar does not have, and why, so that who types one learns what to do instead.
 * docs/compatibility.md lists the same.
 */
final class AbsentCommands {
    private AbsentCommands() {}

    /**
     * {@return one sentence about a command that is not there; empty when Podman does not have it either}
     *
     * @param name the command's name, with its group
     */
    static String reason(String name) {
        return switch (name) {
            case "checkpoint", "restore", "container checkpoint", "container restore" ->
                "Belljar cannot save a running container to a file and go on from there; 'belljar commit' keeps its files";
            case "build", "image build" ->
                "Belljar does not build images from Containerfiles yet; 'buildah bud' does, and 'belljar load' takes"
                        + " what it makes";
            case "search", "image search" ->
                "Belljar does not search registries; name the image with its registry, such as docker.io/library/busybox";
            case "auto-update" ->
                "Belljar does not update containers by itself; pull the image and make the container anew";
            case "mount", "unmount", "umount", "container mount", "container unmount", "image mount", "image unmount" ->
                "Belljar does not mount root file systems on the host; 'belljar cp' and 'belljar export' reach the files";
            case "image scp" -> "Belljar does not copy images to other machines; 'belljar save' and 'belljar load' do";
            case "image sign", "image trust" ->
                "Belljar neither signs images nor checks signatures; pull by digest instead";
            case "unshare" -> "Belljar has no shell in its user namespace; util-linux has one: 'unshare --map-auto -r'";
            case "init", "container init" -> "Belljar prepares a container as it starts; 'belljar create' makes one";
            case "container clone", "pod clone" ->
                "Belljar does not clone; 'belljar commit' makes an image that further containers can be made of";
            case "container runlabel" ->
                "Belljar does not run commands that an image names in a label; type the command";
            case "system service", "system connection" ->
                "Belljar has no service and no remote clients; it runs where the containers are";
            case "system migrate", "system renumber" ->
                "Belljar has no locks or pause process that would need migrating";
            case "system reset" ->
                "Belljar does not reset all at once; 'belljar system prune -a --volumes' removes what is"
                        + " not in use";
            default -> group(name);
        };
    }

    private static String group(String name) {
        int space = name.indexOf(' ');
        return switch (space < 0 ? name : name.substring(0, space)) {
            case "kube", "play", "generate" ->
                "Belljar neither reads nor writes Kubernetes' or systemd's files; its own commands make containers";
            case "machine" -> "Belljar needs no virtual machine to run containers on Linux";
            case "manifest" -> "Belljar does not edit lists of manifests; 'buildah manifest' does";
            case "secret" -> "Belljar keeps no secrets; give a container a file of yours by --volume FILE:PLACE:ro";
            default -> "";
        };
    }
}
