package belljar.cli;

import belljar.microvm.GuestKernel;
import belljar.microvm.Kernels;

/** {@code belljar vm kernel pull}. */
final class VmKernelPullCommand implements Command {
    @Override
    public String name() {
        return "vm kernel pull";
    }

    @Override
    public String usage() {
        return "[PACKAGE]";
    }

    @Override
    public String summary() {
        return "fetch a kernel for virtual machines from the machine's own Debian archive";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("quiet", 'q', "show no progress").flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 1, "at most one package");
        String name = arguments.operands().isEmpty()
                ? Kernels.PACKAGE
                : arguments.operands().getFirst();
        GuestKernel kernel;
        try (ProgressDisplay progress = session.progress(arguments.flag("quiet"))) {
            kernel = Kernels.open(session.root()).pull(name, progress);
        }
        session.out().println(kernel.release());
        return 0;
    }
}
