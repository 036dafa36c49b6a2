package belljar.cli;

import belljar.microvm.DiskSpec;
import belljar.microvm.Hardware;
import belljar.microvm.NetSpec;
import belljar.microvm.Snapshot;
import belljar.microvm.VirtualMachine;
import belljar.microvm.VsockSpec;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** {@code belljar vm restore}. */
final class VmRestoreCommand implements Command {
    @Override
    public String name() {
        return "vm restore";
    }

    @Override
    public String usage() {
        return "DIRECTORY";
    }

    @Override
    public String summary() {
        return "go on with a machine from a snapshot, with its console on this terminal; Ctrl-] powers it off";
    }

    @Override
    public OptionTable options() {
        return VmLife.add(VmEnds.add(new OptionTable())).flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, 1, "a snapshot's directory");
        String name = VmLife.name(arguments);
        Snapshot snapshot = Snapshot.open(Path.of(arguments.operands().getFirst()));
        Hardware saved = snapshot.hardware();
        List<DiskSpec> disks = arguments.has("disk") ? VmEnds.disks(arguments) : saved.disks();
        List<NetSpec> networks = arguments.has("net") ? VmEnds.networks(arguments) : saved.networks();
        Optional<VsockSpec> vsock = arguments.has("vsock") ? VmEnds.vsock(arguments) : saved.vsock();
        session.out().flush();
        try (VirtualMachine machine = VirtualMachine.restore(
                snapshot, saved.with(disks, networks, vsock), new FileOutputStream(FileDescriptor.out))) {
            return VmLife.live(machine, name, session);
        }
    }
}
