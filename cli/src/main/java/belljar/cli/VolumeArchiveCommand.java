package belljar.cli;

import belljar.engine.Terminal;
import belljar.engine.Volumes;
import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.GZIPInputStream;

/** {@code belljar volume export} and {@code belljar volume import}. */
final class VolumeArchiveCommand implements Command {
    private final boolean export;

    /** @param export whether it is export rather than import */
    VolumeArchiveCommand(boolean export) {
        this.export = export;
    }

    @Override
    public String name() {
        return export ? "volume export" : "volume import";
    }

    @Override
    public String usage() {
        return export ? "VOLUME" : "VOLUME [FILE]";
    }

    @Override
    public String summary() {
        return export ? "write a volume's content as a tar archive" : "add the files of a tar archive to a volume";
    }

    @Override
    public OptionTable options() {
        OptionTable table = new OptionTable();
        if (export) {
            table.value("output", 'o', "FILE", "write to a file rather than to standard output");
        }
        return table.flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, export ? 1 : 2, "a volume");
        Volumes volumes = session.engine().volumes();
        String name = volumes.volume(arguments.operands().get(0)).name();
        boolean stream = export
                ? arguments.value("output").isEmpty()
                : arguments.operands().size() < 2 || arguments.operands().get(1).equals("-");
        if (stream && Terminal.isTerminal(export ? 1 : 0)) {
            throw new UserException("an archive is no text for a terminal; name a file, or redirect it");
        }
        String file = export
                ? arguments.value("output")
                : stream ? "" : arguments.operands().get(1);
        try {
            if (export) {
                try (OutputStream out = new BufferedOutputStream(
                        stream ? new FileOutputStream(FileDescriptor.out) : new FileOutputStream(file), 1 << 16)) {
                    volumes.export(name, out);
                }
            } else {
                try (InputStream in =
                        open(stream ? new FileInputStream(FileDescriptor.in) : new FileInputStream(file))) {
                    volumes.importFrom(name, in);
                }
            }
        } catch (IOException e) {
            throw new HostException("the archive " + file + " cannot be used: " + e.getMessage(), e);
        }
        return 0;
    }

    /** {@return the archive, unpacked where it is packed by gzip(1)} */
    private static InputStream open(InputStream raw) throws IOException {
        BufferedInputStream in = new BufferedInputStream(raw, 1 << 16);
        in.mark(2);
        boolean packed = in.read() == 0x1f && in.read() == 0x8b;
        in.reset();
        return packed ? new GZIPInputStream(in, 1 << 16) : in;
    }
}
