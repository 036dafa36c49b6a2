package belljar.image;

import belljar.failure.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decompresses gzip (RFC 1952) of one or more members. The JDK's own stream asks {@code available()} whether another
 * member follows, which loses data on a network, and takes rubbish after a member for its end; here each member's
 * checksum and size count, and after the last one only zeros may follow (tapes and block devices pad with them).
 */
final class GzipStream extends InputStream {
    private static final int SIZE = 128 * 1024;

    private final InputStream in;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 crc = new CRC32();
    private final byte[] buffer = new byte[SIZE];
    private int at;
    private int end;
    private boolean inMember;
    private boolean any;
    private boolean ended;

    GzipStream(InputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int start, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        try {
            while (true) {
                if (!inMember && !header()) {
                    return -1;
                }
                int n = inflater.inflate(into, start, length);
                if (n > 0) {
                    crc.update(into, start, n);
                    return n;
                }
                if (inflater.finished()) {
                    trailer();
                } else if (inflater.needsDictionary()) {
                    throw damaged("it asks for a dictionary");
                } else {
                    at = end;
                    if (!fill()) {
                        throw cutOff();
                    }
                    inflater.setInput(buffer, 0, end);
                }
            }
        } catch (DataFormatException e) {
            throw Decompression.damaged("gzip", e);
        }
    }

    private boolean fill() throws IOException {
        at = 0;
        end = Math.max(0, in.read(buffer, 0, SIZE));
        return end > 0;
    }

    private int next() throws IOException {
        if (at == end && !fill()) {
            throw cutOff();
        }
        return buffer[at++] & 0xff;
    }

    /** Reads a member's header; false at the end of the stream. */
    private boolean header() throws IOException {
        if (ended || at == end && !fill()) {
            return end(true);
        }
        if (any && buffer[at] == 0) {
            return end(false);
        }
        if (next() != 0x1f || next() != 0x8b || next() != 8) {
            throw damaged(any ? "something else follows it" : "its header is not one of gzip");
        }
        int flags = next();
        for (int i = 0; i < 6; i++) {
            next();
        }
        if ((flags & 0xe0) != 0) {
            throw damaged("its header has unknown flags");
        }
        if ((flags & 4) != 0) {
            int extra = next() | next() << 8;
            for (int i = 0; i < extra; i++) {
                next();
            }
        }
        for (int flag = 8; flag <= 16; flag *= 2) {
            if ((flags & flag) != 0) {
                skipText();
            }
        }
        if ((flags & 2) != 0) {
            next();
            next();
        }
        inflater.reset();
        inflater.setInput(buffer, at, end - at);
        crc.reset();
        inMember = true;
        any = true;
        return true;
    }

    private void skipText() throws IOException {
        int b;
        do {
            b = next();
        } while (b != 0);
    }

    private boolean end(boolean clean) throws IOException {
        if (!clean) {
            do {
                while (at < end) {
                    if (buffer[at++] != 0) {
                        throw damaged("something else follows it");
                    }
                }
            } while (fill());
        }
        if (!any) {
            throw cutOff();
        }
        ended = true;
        inflater.end();
        return false;
    }

    private void trailer() throws IOException {
        long size = inflater.getBytesWritten();
        at = end - inflater.getRemaining();
        inMember = false;
        long sum = next() | next() << 8 | next() << 16 | (long) next() << 24;
        long length = next() | next() << 8 | next() << 16 | (long) next() << 24;
        if (sum != crc.getValue()) {
            throw damaged("its checksum is wrong");
        }
        if (length != (size & 0xffffffffL)) {
            throw damaged("its size is wrong");
        }
    }

    @Override
    public void close() {
        if (!ended) {
            ended = true;
            inMember = false;
            inflater.end();
        }
    }

    private static UserException cutOff() {
        return new UserException("the gzip data ends too early: it was cut off; fetch it again");
    }

    private static UserException damaged(String why) {
        return new UserException("the gzip data is damaged: " + why + "; fetch it again");
    }
}
