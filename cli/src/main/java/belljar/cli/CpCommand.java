package belljar.cli;

import belljar.engine.CopyEnd;
import belljar.engine.Terminal;
import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;

/** {@code belljar cp}. */
final class CpCommand implements Command {
    @Override
    public String name() {
        return "cp";
    }

    @Override
    public String usage() {
        return "[CONTAINER:]SOURCE|- [CONTAINER:]DESTINATION|-";
    }

    @Override
    public String summary() {
        return "copy files between containers, the host and archives";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("archive", 'a', "give what is copied into a container to its user (true)")
                .flag("overwrite", "let directories and other things replace one another")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(2, 2, "a source and a destination");
        String from = arguments.operands().get(0);
        String to = arguments.operands().get(1);
        boolean fromInside = inside(from);
        boolean toInside = inside(to);
        if (!fromInside && !toInside) {
            throw new UserException(
                    "neither '" + from + "' nor '" + to + "' is in a container; write one as CONTAINER:PATH");
        }
        if (to.equals("-") && Terminal.isTerminal(1)) {
            throw new UserException("an archive is nothing for a terminal; redirect the output");
        }
        try (InputStream in = new BufferedInputStream(System.in, 128 * 1024)) {
            CopyEnd source = from.equals("-") ? new CopyEnd.FromArchive(in) : end(from, fromInside);
            CopyEnd target = to.equals("-") ? new CopyEnd.ToArchive(session.out()) : end(to, toInside);
            session.engine().files().copy(source, target, arguments.flag("archive", true), arguments.flag("overwrite"));
        } catch (IOException e) {
            throw new HostException("cannot read standard input: " + e.getMessage(), e);
        }
        session.out().flush();
        return 0;
    }

    /** A path that begins with a slash or a dot is the host's, whatever colons are in it. */
    private static boolean inside(String text) {
        return !text.startsWith("/") && !text.startsWith(".") && text.indexOf(':') > 0;
    }

    private static CopyEnd end(String text, boolean inside) {
        int colon = text.indexOf(':');
        if (!inside) {
            return new CopyEnd.OnHost(text);
        }
        if (colon == text.length() - 1) {
            throw new UserException("'" + text + "' names no path; write CONTAINER:PATH");
        }
        return new CopyEnd.InContainer(text.substring(0, colon), text.substring(colon + 1));
    }
}
