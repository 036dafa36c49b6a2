package belljar.cli;

import belljar.engine.AttachOptions;
import belljar.engine.Engine;
import belljar.engine.RunIo;
import belljar.engine.RunRequest;
import belljar.failure.UserException;
import belljar.image.Progress;
import java.util.List;
import java.util.OptionalInt;

/** {@code belljar attach}. */
final class AttachCommand implements Command {
    @Override
    public String name() {
        return "attach";
    }

    @Override
    public String usage() {
        return "CONTAINER";
    }

    @Override
    public String summary() {
        return "show a running container's output and pass input on to it";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("latest", 'l', "the one that was made last")
                .flag("no-stdin", "pass no input on")
                .value("detach-keys", "KEYS", "the keys that let go of it (ctrl-p,ctrl-q)")
                .flag("sig-proxy", "pass signals on (true)")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Engine engine = session.engine();
        List<String> names = ChosenContainers.of(arguments, engine, record -> true);
        if (names.size() != 1) {
            throw new UserException("'belljar attach' takes one container; see 'belljar attach --help'");
        }
        session.out().flush();
        try (SignalProxy signals = new SignalProxy(session.err())) {
            OptionalInt code = engine.attach(
                    names.get(0),
                    new RunIo(0, 1, 2, Progress.NONE, signals),
                    options(arguments, engine.request(names.get(0)), !arguments.flag("no-stdin")));
            return code.orElse(0);
        }
    }

    /** {@return how the caller is attached, by {@code --detach-keys} and {@code --sig-proxy}} */
    static AttachOptions options(Arguments arguments, RunRequest request, boolean input) {
        String keys = arguments.has("detach-keys")
                ? arguments.value("detach-keys")
                : request.life().detachKeys();
        return new AttachOptions(input, arguments.flag("sig-proxy", true), keys);
    }
}
