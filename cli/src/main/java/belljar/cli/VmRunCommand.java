package belljar.cli;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.microvm.BootFiles;
import belljar.microvm.DiskSpec;
import belljar.microvm.EngineKind;
import belljar.microvm.Kernels;
import belljar.microvm.MachineSpec;
import belljar.microvm.VirtualMachine;
import belljar.microvm.VsockSpec;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code belljar vm run}. */
final class VmRunCommand implements Command {
    private static final String COMMAND_LINE = "console=ttyS0 panic=-1";
    private static final String MEMORY = "512m";
    private static final int RESET = 3;

    @Override
    public String name() {
        return "vm run";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "run a virtual machine with its console on this terminal; Ctrl-] powers it off";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .value("kernel", 'k', "FILE", "a Linux or Multiboot kernel (the one that was pulled last)")
                .value("initrd", "FILE", "the initial RAM disk (for a pulled kernel one with busybox)")
                .value("cmdline", "WORDS", "the kernel's command line (" + COMMAND_LINE + ")")
                .value("append", "WORDS", "words to add to the usual command line")
                .value("memory", 'm', "SIZE", "memory (" + MEMORY + ")")
                .value("cpus", "N", "virtual CPUs (1)")
                .list("disk", "FILE[:ro]", "a raw disk image, in the guest /dev/vda and so on; :ro for reading only")
                .list("net", "tap=NAME", "a network card whose other end is a tap interface of the host")
                .value("vsock", "CID:PATH", "sockets between guest and host: the guest's number and a Unix socket here")
                .value(
                        "engine",
                        "NAME",
                        "who executes the instructions: translator, kvm, or auto, which is the translator (auto)")
                .flag("quiet", 'q', "show no progress")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no operands");
        MachineSpec spec = spec(arguments, session);
        session.out().flush();
        try (VirtualMachine machine = VirtualMachine.create(spec, new FileOutputStream(FileDescriptor.out));
                VmConsole console = new VmConsole(machine)) {
            console.connect();
            machine.start();
            return code(machine.await(), session);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HostException("interrupted while the machine was running", e);
        }
    }

    private static int code(VirtualMachine.Ended ended, Session session) {
        if (ended.status().isPresent()) {
            return ended.status().getAsInt() & 0xFF;
        }
        return switch (ended.kind()) {
            case OFF -> 0;
            case RESET -> {
                session.err().println("belljar: the guest has reset its machine, as on a reboot or a panic");
                yield RESET;
            }
            case SHUTDOWN -> {
                session.err().println("belljar: the guest crashed: its CPU could not report a fault (triple fault)");
                yield RESET;
            }
        };
    }

    private static MachineSpec spec(Arguments arguments, Session session) {
        int cpus = arguments.has("cpus")
                ? (int) Values.number("cpus", arguments.value("cpus"), 1, MachineSpec.MOST_CPUS)
                : 1;
        long memory = Values.bytes("memory", arguments.has("memory") ? arguments.value("memory") : MEMORY);
        MachineSpec.check(memory, cpus);
        EngineKind engine = engine(arguments.value("engine"));
        if (arguments.has("cmdline") && arguments.has("append")) {
            throw new UserException("--cmdline is all of the command line and --append adds to the usual one; "
                    + "give only one of them");
        }
        String words = arguments.has("cmdline") ? arguments.value("cmdline") : COMMAND_LINE;
        if (arguments.has("append")) {
            words = words + " " + arguments.value("append");
        }
        BootFiles files;
        try (ProgressDisplay progress = session.progress(arguments.flag("quiet"))) {
            files = BootFiles.find(
                    Kernels.open(session.root()), path(arguments, "kernel"), path(arguments, "initrd"), progress);
        }
        return new MachineSpec(
                files.kernel(),
                files.initrd(),
                words,
                memory,
                cpus,
                engine,
                disks(arguments),
                taps(arguments),
                vsock(arguments));
    }

    private static Optional<Path> path(Arguments arguments, String option) {
        return arguments.has(option) ? Optional.of(Path.of(arguments.value(option))) : Optional.empty();
    }

    private static List<DiskSpec> disks(Arguments arguments) {
        List<DiskSpec> disks = new ArrayList<>();
        for (String text : arguments.values("disk")) {
            boolean readOnly = text.endsWith(":ro");
            disks.add(new DiskSpec(Path.of(readOnly ? text.substring(0, text.length() - 3) : text), readOnly));
        }
        return disks;
    }

    private static List<String> taps(Arguments arguments) {
        List<String> taps = new ArrayList<>();
        for (String text : arguments.values("net")) {
            if (!text.startsWith("tap=") || text.length() == 4) {
                throw new UserException("--net '" + text + "' is not of the form tap=NAME");
            }
            taps.add(text.substring(4));
        }
        return taps;
    }

    private static Optional<VsockSpec> vsock(Arguments arguments) {
        if (!arguments.has("vsock")) {
            return Optional.empty();
        }
        String text = arguments.value("vsock");
        int colon = text.indexOf(':');
        if (colon < 0 || colon == text.length() - 1) {
            throw new UserException("--vsock '" + text + "' is not of the form CID:PATH, such as 3:/run/guest.sock");
        }
        long cid = Values.number("vsock", text.substring(0, colon), VsockSpec.LEAST_CID, 0xFFFF_FFFEL);
        return Optional.of(new VsockSpec(cid, Path.of(text.substring(colon + 1))));
    }

    private static EngineKind engine(String name) {
        return switch (name) {
            case "", "auto", "translator" -> EngineKind.TRANSLATOR;
            case "kvm" -> EngineKind.KVM;
            default -> throw new UserException("--engine '" + name + "' is none of kvm, translator and auto");
        };
    }
}
