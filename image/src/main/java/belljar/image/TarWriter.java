package belljar.image;

import belljar.failure.BugException;
import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.FileName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * Writes a tar archive: ustar headers, and pax headers only for what ustar cannot hold. The same entries in the same
 * order give the same bytes. Holes are not written: a sparse entry must be given its full content.
 *
 * <p>Not safe for use by several threads. Failures of the stream are {@link HostException}s.
 */
public final class TarWriter {
    private static final int BLOCK = 512;

    private final OutputStream out;
    private final byte[] block = new byte[BLOCK];
    private long left;
    private int padding;

    private TarWriter(OutputStream out) {
        this.out = out;
    }

    /**
     * {@return a writer}
     *
     * @param out receives the archive in small pieces, so give it a buffer; stays open and belongs to the caller
     */
    public static TarWriter to(OutputStream out) {
        return new TarWriter(out);
    }

    /**
     * Starts an entry; for a file with a size, {@link #write} must follow until the size is reached.
     *
     * @param entry the entry; a directory's name gets its slash if it has none
     */
    public void put(TarEntry entry) {
        finishEntry();
        byte[] name = FileName.encode(
                entry.type() == TarType.DIRECTORY && !entry.name().endsWith("/") ? entry.name() + "/" : entry.name());
        byte[] link = FileName.encode(entry.linkName());
        ByteArrayOutputStream pax = new ByteArrayOutputStream();
        int split = split(name);
        boolean longName = split < 0;
        boolean longLink = link.length > 100;
        if (longName && !isText(name) || longLink && !isText(link)) {
            record(pax, "hdrcharset", "BINARY".getBytes(StandardCharsets.US_ASCII));
        }
        if (longName) {
            record(pax, "path", name);
        }
        if (longLink) {
            record(pax, "linkpath", link);
        }
        long size = entry.type() == TarType.FILE ? entry.size() : 0;
        number(pax, "size", size, 0_77777777777L);
        number(pax, "uid", entry.uid(), 0_7777777);
        number(pax, "gid", entry.gid(), 0_7777777);
        boolean paxTime = entry.mtimeNanos() != 0 || entry.mtimeSeconds() < 0 || entry.mtimeSeconds() > 0_77777777777L;
        if (paxTime) {
            record(pax, "mtime", ascii(time(entry.mtimeSeconds(), entry.mtimeNanos())));
        }
        for (Map.Entry<String, byte[]> xattr : entry.xattrs().entrySet()) {
            if (xattr.getKey().indexOf('=') >= 0) {
                throw new UserException("the extended attribute " + FileName.show(xattr.getKey()) + " of "
                        + FileName.show(entry.name()) + " cannot be archived: its name holds an equals sign");
            }
            record(pax, "SCHILY.xattr." + xattr.getKey(), xattr.getValue());
        }
        if (pax.size() > 0) {
            byte[] records = pax.toByteArray();
            byte[] paxName = ascii("PaxHeaders/" + base(entry.name()));
            header(
                    TarEntry.file("", 0644, records.length),
                    'x',
                    Arrays.copyOf(paxName, Math.min(100, paxName.length)),
                    0);
            send(records, 0, records.length);
            pad(records.length);
        }
        byte[] shown = longName ? Arrays.copyOf(name, 100) : name;
        header(entry, entry.type().flag(), shown, longName ? 0 : split);
        left = size;
        padding = (int) (-size & BLOCK - 1);
    }

    /** {@return where to cut a name into prefix and name: 0 not at all, else the slash's index; -1 if it cannot fit} */
    private static int split(byte[] name) {
        if (name.length <= 100) {
            return 0;
        }
        for (int i = Math.max(1, name.length - 101); i < name.length - 1 && i <= 155; i++) {
            if (name[i] == '/') {
                return i;
            }
        }
        return -1;
    }

    private void header(TarEntry entry, char flag, byte[] name, int split) {
        Arrays.fill(block, (byte) 0);
        int nameStart = split == 0 ? 0 : split + 1;
        System.arraycopy(name, nameStart, block, 0, name.length - nameStart);
        System.arraycopy(name, 0, block, 345, split);
        byte[] link = FileName.encode(entry.linkName());
        System.arraycopy(link, 0, block, 157, Math.min(100, link.length));
        octal(100, 8, entry.mode() & 0xfff);
        octal(108, 8, entry.uid() > 0_7777777 ? 0 : entry.uid());
        octal(116, 8, entry.gid() > 0_7777777 ? 0 : entry.gid());
        long size = entry.type() == TarType.FILE ? entry.size() : 0;
        octal(124, 12, size > 0_77777777777L ? 0 : size);
        long seconds = entry.mtimeSeconds();
        octal(136, 12, seconds < 0 || seconds > 0_77777777777L ? 0 : seconds);
        block[156] = (byte) flag;
        field(257, "ustar\00000");
        field(265, cut(entry.userName()));
        field(297, cut(entry.groupName()));
        octal(329, 8, entry.deviceMajor());
        octal(337, 8, entry.deviceMinor());
        int sum = 8 * ' ';
        for (byte b : block) {
            sum += b & 0xff;
        }
        octal(148, 7, sum);
        block[155] = ' ';
        send(block, 0, BLOCK);
    }

    private static String cut(String name) {
        return FileName.encode(name).length < 32 ? name : "";
    }

    private void field(int at, String text) {
        byte[] bytes = FileName.encode(text);
        System.arraycopy(bytes, 0, block, at, bytes.length);
    }

    private void octal(int at, int length, long value) {
        long rest = value;
        for (int i = at + length - 2; i >= at; i--) {
            block[i] = (byte) ('0' + (rest & 7));
            rest >>>= 3;
        }
    }

    private static void number(ByteArrayOutputStream pax, String key, long value, long limit) {
        if (value > limit) {
            record(pax, key, ascii(Long.toString(value)));
        }
    }

    private static void record(ByteArrayOutputStream pax, String key, byte[] value) {
        byte[] name = FileName.encode(key);
        int rest = name.length + value.length + 3;
        int length = rest + 1;
        // The length counts its own digits.
        while (rest + Integer.toString(length).length() != length) {
            length = rest + Integer.toString(length).length();
        }
        pax.writeBytes(ascii(length + " "));
        pax.writeBytes(name);
        pax.write('=');
        pax.writeBytes(value);
        pax.write('\n');
    }

    /** A time as pax writes it; of a negative one the whole value is negated, not only its seconds. */
    private static String time(long seconds, int nanos) {
        long whole = seconds < 0 && nanos > 0 ? -(seconds + 1) : Math.abs(seconds);
        int fraction = seconds < 0 && nanos > 0 ? 1_000_000_000 - nanos : nanos;
        String text = (seconds < 0 ? "-" : "") + whole;
        if (fraction == 0) {
            return text;
        }
        String digits = Integer.toString(1_000_000_000 + fraction).substring(1);
        int end = digits.length();
        while (digits.charAt(end - 1) == '0') {
            end--;
        }
        return text + "." + digits.substring(0, end);
    }

    private static boolean isText(byte[] name) {
        String text = FileName.decode(name, 0, name.length);
        return Arrays.equals(text.getBytes(StandardCharsets.UTF_8), name);
    }

    /** The last component, in ASCII: it is only shown by readers that do not know pax. */
    private static String base(String name) {
        int end = name.endsWith("/") ? name.length() - 1 : name.length();
        String base = name.substring(name.lastIndexOf('/', end - 1) + 1, end);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < base.length(); i++) {
            char c = base.charAt(i);
            text.append(c > ' ' && c < 0x7f ? c : '_');
        }
        return text.toString();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Writes content of the current entry.
     *
     * @param bytes the content
     * @param start index of the first byte
     * @param length how many
     */
    public void write(byte[] bytes, int start, int length) {
        if (length > left) {
            throw new BugException("more content than the archive's entry has room for", null);
        }
        send(bytes, start, length);
        left -= length;
    }

    /** Ends the archive: two empty blocks. Does not close or flush the stream. */
    public void finish() {
        finishEntry();
        send(new byte[2 * BLOCK], 0, 2 * BLOCK);
    }

    private void finishEntry() {
        if (left != 0) {
            throw new BugException("an entry of the archive lacks " + left + " bytes of content", null);
        }
        send(new byte[padding], 0, padding);
        padding = 0;
    }

    private void pad(long size) {
        int n = (int) (-size & BLOCK - 1);
        send(new byte[n], 0, n);
    }

    private void send(byte[] bytes, int start, int length) {
        try {
            out.write(bytes, start, length);
        } catch (IOException e) {
            throw new HostException("cannot write the archive: " + e.getMessage(), e);
        }
    }
}
