package belljar.cli;

import belljar.failure.HostException;
import belljar.linux.Fs;
import java.io.IOException;
import java.io.OutputStream;

/** Writes to a descriptor, which is another's to close. */
final class DescriptorOutput extends OutputStream {
    private final int fd;

    /** @param fd the descriptor */
    DescriptorOutput(int fd) {
        this.fd = fd;
    }

    @Override
    public void write(int single) throws IOException {
        write(new byte[] {(byte) single}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int start, int length) throws IOException {
        try {
            Fs.HOST.content().write(fd, bytes, start, length);
        } catch (HostException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
