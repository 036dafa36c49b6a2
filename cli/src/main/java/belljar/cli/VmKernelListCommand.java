package belljar.cli;

import belljar.microvm.GuestKernel;
import belljar.microvm.Kernels;

/** {@code belljar vm kernel ls}. */
final class VmKernelListCommand implements Command {
    @Override
    public String name() {
        return "vm kernel ls";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "list the kernels for virtual machines that were fetched";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no operands");
        for (GuestKernel kernel : Kernels.open(session.root()).list()) {
            session.out()
                    .println(kernel.release() + "\t"
                            + Text.printable(kernel.image().toString()));
        }
        return 0;
    }
}
