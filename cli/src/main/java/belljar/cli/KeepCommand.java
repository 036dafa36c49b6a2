package belljar.cli;

import belljar.engine.Engine;
import belljar.engine.Helper;

/** {@code belljar keep}: what the helper process runs. Not for people, so no help lists it. */
final class KeepCommand implements Command {
    @Override
    public String name() {
        return "keep";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "do what containers need beside their processes";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        Engine engine =
                Engine.open(session.root(), session.state(), session.origin().program());
        Helper.serve(session.state(), engine.duties());
        return 0;
    }
}
