package belljar.cli;

import belljar.engine.ContainerFiles;
import belljar.engine.Terminal;
import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** {@code belljar export}. */
final class ExportCommand implements Command {
    @Override
    public String name() {
        return "export";
    }

    @Override
    public String usage() {
        return "CONTAINER";
    }

    @Override
    public String summary() {
        return "write all files of a container to a tar archive";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .value("output", 'o', "FILE", "write to a file instead of standard output")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, 1, "a container");
        String name = arguments.operands().get(0);
        ContainerFiles files = session.engine().files();
        write(arguments.value("output"), session, out -> files.export(name, out));
        return 0;
    }

    /** Writes an archive. */
    interface Archive {
        /** Writes it to a stream that is not closed. */
        void write(OutputStream out);
    }

    /** Writes an archive to a file or, without a name, to standard output unless that is a terminal. */
    static void write(String output, Session session, Archive archive) {
        if (output.isEmpty() && Terminal.isTerminal(1)) {
            throw new UserException("an archive is nothing for a terminal; add --output FILE or redirect the output");
        }
        try (OutputStream file =
                        output.isEmpty() ? OutputStream.nullOutputStream() : Files.newOutputStream(Path.of(output));
                OutputStream out = new BufferedOutputStream(output.isEmpty() ? session.out() : file, 128 * 1024)) {
            archive.write(out);
        } catch (IOException e) {
            throw new HostException(
                    "cannot write " + (output.isEmpty() ? "the archive" : output) + ": " + e.getMessage(), e);
        }
        if (session.out().checkError()) {
            throw new HostException("cannot write the archive to standard output; is its reader gone?", "write", 0);
        }
    }
}
