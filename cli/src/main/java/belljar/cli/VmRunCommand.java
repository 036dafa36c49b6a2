package belljar.cli;

import belljar.failure.UserException;
import belljar.microvm.BootFiles;
import belljar.microvm.EngineKind;
import belljar.microvm.Hardware;
import belljar.microvm.Kernels;
import belljar.microvm.MachineSpec;
import belljar.microvm.VirtualMachine;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** {@code belljar vm run}. */
final class VmRunCommand implements Command {
    private static final String COMMAND_LINE = "console=ttyS0 panic=-1";
    private static final String MEMORY = "512m";

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
        return VmLife.add(VmEnds.add(machine()))
                .flag("quiet", 'q', "show no progress")
                .flag("help", 'h', "show this help");
    }

    private static OptionTable machine() {
        return new OptionTable()
                .value("profile", "FILE", "write to a file at the end where the guest's instructions went")
                .flag("balloon", "let the host have the memory back that the guest does not use; see 'vm balloon'")
                .flag(
                        "virtio-console",
                        "a second console, in the guest hvc0, which gets what is typed; give --append console=hvc0")
                .value("kernel", 'k', "FILE", "a Linux or Multiboot kernel (the one that was pulled last)")
                .value("initrd", "FILE", "the initial RAM disk (for a pulled kernel one with busybox)")
                .value("cmdline", "WORDS", "the kernel's command line (" + COMMAND_LINE + ")")
                .value("append", "WORDS", "words to add to the usual command line")
                .value("memory", 'm', "SIZE", "memory (" + MEMORY + ")")
                .value("cpus", "N", "virtual CPUs (1)")
                .value(
                        "engine",
                        "NAME",
                        "who executes the instructions: translator, kvm, or auto, which is the translator (auto)");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no operands");
        String name = VmLife.name(arguments);
        MachineSpec spec = spec(arguments, session);
        session.out().flush();
        try (VirtualMachine machine = VirtualMachine.create(spec, new FileOutputStream(FileDescriptor.out))) {
            if (!arguments.has("profile")) {
                return VmLife.live(machine, name, session);
            }
            return profiled(machine, Path.of(arguments.value("profile")), name, session);
        }
    }

    private static int profiled(VirtualMachine machine, Path to, String name, Session session) {
        machine.profile();
        try (Writer out = Files.newBufferedWriter(to)) {
            int code = VmLife.live(machine, name, session);
            machine.pause();
            out.write(machine.profileReport());
            return code;
        } catch (IOException e) {
            throw new UserException("cannot write the profile to " + to + " (" + e + "); give another file", e);
        }
    }

    private static MachineSpec spec(Arguments arguments, Session session) {
        int cpus =
                arguments.has("cpus") ? (int) Values.number("cpus", arguments.value("cpus"), 1, Hardware.MOST_CPUS) : 1;
        long memory = Values.bytes("memory", arguments.has("memory") ? arguments.value("memory") : MEMORY);
        Hardware.check(memory, cpus);
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
                new Hardware(
                        memory,
                        cpus,
                        engine,
                        VmEnds.disks(arguments),
                        VmEnds.networks(arguments),
                        VmEnds.vsock(arguments),
                        extras(arguments)));
    }

    private static Set<Hardware.Extra> extras(Arguments arguments) {
        Set<Hardware.Extra> extras = EnumSet.noneOf(Hardware.Extra.class);
        if (arguments.flag("balloon")) {
            extras.add(Hardware.Extra.BALLOON);
        }
        if (arguments.flag("virtio-console")) {
            extras.add(Hardware.Extra.CONSOLE);
        }
        return extras;
    }

    private static Optional<Path> path(Arguments arguments, String option) {
        return arguments.has(option) ? Optional.of(Path.of(arguments.value(option))) : Optional.empty();
    }

    private static EngineKind engine(String name) {
        return switch (name) {
            case "", "auto", "translator" -> EngineKind.TRANSLATOR;
            case "kvm" -> EngineKind.KVM;
            default -> throw new UserException("--engine '" + name + "' is none of kvm, translator and auto");
        };
    }
}
