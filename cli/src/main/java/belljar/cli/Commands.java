package belljar.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** All commands by name; only the one that is asked for is loaded. */
final class Commands {
    /** Every command's name, in the order of the help. */
    static final List<String> NAMES = List.of(
            "run",
            "exec",
            "pause",
            "unpause",
            "update",
            "stats",
            "top",
            "logs",
            "inspect",
            "create",
            "start",
            "stop",
            "restart",
            "kill",
            "ps",
            "rm",
            "rename",
            "wait",
            "attach",
            "images",
            "pull",
            "push",
            "tag",
            "rmi",
            "save",
            "load",
            "import",
            "cp",
            "diff",
            "export",
            "commit",
            "history",
            "container exists",
            "container prune",
            "healthcheck run",
            "image inspect",
            "image prune",
            "volume create",
            "volume ls",
            "volume inspect",
            "volume rm",
            "volume prune",
            "volume exists",
            "volume export",
            "volume import",
            "image exists",
            "image tree",
            "untag",
            "login",
            "logout",
            "system df",
            "system prune",
            "pod create",
            "pod exists",
            "pod inspect",
            "pod kill",
            "pod logs",
            "pod pause",
            "pod prune",
            "pod ps",
            "pod restart",
            "pod rm",
            "pod start",
            "pod stats",
            "pod stop",
            "pod top",
            "pod unpause",
            "events",
            "info",
            "network create",
            "network ls",
            "network inspect",
            "network rm",
            "network exists",
            "network connect",
            "network disconnect",
            "network prune",
            "network reload",
            "port",
            "vm run",
            "vm ls",
            "vm snapshot",
            "vm balloon",
            "vm restore",
            "vm kernel pull",
            "vm kernel ls",
            "help",
            "version");

    private Commands() {}

    /**
     * {@return the command of a name, or null} {@code image ls} and its kin are other names of {@code images} and so on
     */
    static @Nullable Command named(String name) {
        return switch (name) {
            case "exec", "container exec" -> new ExecCommand();
            case "pause", "container pause" -> new PauseCommand(true);
            case "unpause", "container unpause" -> new PauseCommand(false);
            case "update", "container update" -> new UpdateCommand();
            case "stats", "container stats" -> new StatsCommand(false);
            case "top", "container top" -> new TopCommand(false);
            case "run", "container run" -> new RunCommand();
            case "create", "container create" -> new CreateCommand();
            case "start", "container start" -> new StartCommand();
            case "restart", "container restart" -> new RestartCommand();
            case "attach", "container attach" -> new AttachCommand();
            case "container cleanup" -> new CleanupCommand();
            case "stop", "container stop" -> new StopCommand();
            case "kill", "container kill" -> new KillCommand();
            case "ps", "container ps", "container ls", "container list" -> new PsCommand();
            case "rm", "container rm" -> new RmCommand();
            case "rename", "container rename" -> new RenameCommand();
            case "wait", "container wait" -> new WaitCommand();
            case "container exists" -> new ContainerExistsCommand();
            case "container prune" -> new ContainerPruneCommand();
            case "images", "image ls", "image list" -> new ImagesCommand();
            case "pull", "image pull" -> new PullCommand();
            case "push", "image push" -> new PushCommand();
            case "tag", "image tag" -> new TagCommand();
            case "rmi", "image rm" -> new RmiCommand();
            case "save", "image save" -> new SaveCommand();
            case "load", "image load" -> new LoadCommand();
            case "import", "image import" -> new ImportCommand();
            case "cp", "container cp" -> new CpCommand();
            case "diff", "container diff", "image diff" -> new DiffCommand();
            case "export", "container export" -> new ExportCommand();
            case "commit", "container commit" -> new CommitCommand();
            case "history", "image history" -> new HistoryCommand();
            case "image inspect" -> new InspectCommand("image");
            case "image exists" -> new ImageExistsCommand();
            case "image tree" -> new ImageTreeCommand();
            case "untag", "image untag" -> new UntagCommand();
            case "login" -> new LoginCommand();
            case "logout" -> new LogoutCommand();
            case "system df" -> new SystemDfCommand();
            case "system prune" -> new SystemPruneCommand();
            case "image prune" -> new ImagePruneCommand();
            case "healthcheck run" -> new HealthcheckRunCommand();
            case "volume create" -> new VolumeCreateCommand();
            case "volume ls", "volume list" -> new VolumeLsCommand();
            case "volume inspect" -> new VolumeInspectCommand();
            case "volume rm", "volume remove" -> new VolumeRmCommand();
            case "volume prune" -> new VolumePruneCommand();
            case "volume exists" -> new VolumeExistsCommand();
            case "volume export" -> new VolumeArchiveCommand(true);
            case "volume import" -> new VolumeArchiveCommand(false);
            case "network create" -> new NetworkCreateCommand();
            case "network ls", "network list" -> new NetworkListCommand();
            case "network inspect" -> new NetworkInspectCommand();
            case "network rm", "network remove" -> new NetworkRemoveCommand();
            case "network connect" -> new NetworkConnectCommand();
            case "network disconnect" -> new NetworkDisconnectCommand();
            case "network prune" -> new NetworkPruneCommand();
            case "network reload" -> new NetworkReloadCommand();
            case "port", "container port" -> new PortCommand();
            case "network exists" -> new NetworkExistsCommand();
            case "pod logs" -> new LogsCommand(true);
            case "pod top" -> new TopCommand(true);
            case "pod stats" -> new StatsCommand(true);
            case "pod create" -> new PodCreateCommand();
            case "pod exists" -> new PodExistsCommand();
            case "pod inspect" -> new PodInspectCommand();
            case "pod prune" -> new PodPruneCommand();
            case "pod ps", "pod ls", "pod list" -> new PodPsCommand();
            case "pod start" -> new PodVerbCommand("start");
            case "pod stop" -> new PodVerbCommand("stop");
            case "pod restart" -> new PodVerbCommand("restart");
            case "pod kill" -> new PodVerbCommand("kill");
            case "pod pause" -> new PodVerbCommand("pause");
            case "pod unpause" -> new PodVerbCommand("unpause");
            case "pod rm" -> new PodVerbCommand("rm");
            case "keep" -> new KeepCommand();
            case "standby" -> new StandbyCommand();
            case "logs", "container logs" -> new LogsCommand(false);
            case "inspect" -> new InspectCommand("all");
            case "container inspect" -> new InspectCommand("container");
            case "events", "system events" -> new EventsCommand();
            case "info", "system info" -> new InfoCommand();
            case "vm run" -> new VmRunCommand();
            case "vm ls", "vm list" -> new VmListCommand();
            case "vm balloon" -> new VmBalloonCommand();
            case "vm snapshot" -> new VmSnapshotCommand();
            case "vm restore" -> new VmRestoreCommand();
            case "vm kernel pull" -> new VmKernelPullCommand();
            case "vm kernel ls", "vm kernel list" -> new VmKernelListCommand();
            case "help" -> new HelpCommand();
            case "version" -> new VersionCommand();
            default -> null;
        };
    }
}
