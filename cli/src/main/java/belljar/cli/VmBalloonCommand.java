package belljar.cli;

import belljar.microvm.RunningMachines;

/** {@code belljar vm balloon}. */
final class VmBalloonCommand implements Command {
    @Override
    public String name() {
        return "vm balloon";
    }

    @Override
    public String usage() {
        return "MACHINE SIZE";
    }

    @Override
    public String summary() {
        return "ask a running machine to do without some of its memory; 0 gives all of it back";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(2, 2, "a machine's name and a size");
        String size = arguments.operands().get(1);
        RunningMachines.in(session.state())
                .balloon(arguments.operands().get(0), size.equals("0") ? 0 : Values.bytes("SIZE", size));
        return 0;
    }
}
