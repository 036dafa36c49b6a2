package belljar.image;

import belljar.failure.UserException;
import belljar.linux.FileName;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar archive front to back: POSIX.1-1988 (ustar) and -2001 (pax) headers, GNU long names, GNU's sparse formats
 * (old, 0.0, 0.1 and 1.0), base-256 numbers and extended attributes in SCHILY.xattr records. Follows pax(1) of
 * POSIX.1-2024 and the GNU tar manual's appendices on formats.
 *
 * <p>Damaged and hostile archives are refused with a {@link UserException}; what names mean is the caller's business.
 * Memory for one entry's metadata is bounded. Not safe for use by several threads.
 */
public final class TarReader {
    private static final int BLOCK = 512;

    /** Long names and pax headers beyond this are refused, as by Go's archive/tar, which Docker and containerd use. */
    private static final int MAX_META = 1024 * 1024;

    private final TarSource source;
    private final byte[] block = new byte[BLOCK];
    private final Map<String, String> global = new HashMap<>();
    private final Map<String, byte[]> globalXattrs = new HashMap<>();
    private long left;
    private int padding;
    private boolean ended;
    private @Nullable TarEntry current;

    private TarReader(InputStream in) {
        source = new TarSource(in);
    }

    /**
     * {@return a reader}
     *
     * @param in the archive, not compressed; stays open and belongs to the caller
     */
    public static TarReader of(InputStream in) {
        return new TarReader(in);
    }

    /**
     * {@return the next entry, past whatever of the last one's content was not read; empty at the archive's end}
     *
     * @throws UserException if the archive is damaged
     * @throws belljar.failure.HostException if the stream cannot be read
     */
    public Optional<TarEntry> next() {
        if (ended) {
            return Optional.empty();
        }
        source.skip(left + padding);
        left = 0;
        padding = 0;
        PaxRecords records = new PaxRecords(global, globalXattrs);
        String longName = "";
        String longLink = "";
        while (true) {
            if (!header()) {
                if (records.seen() || !longName.isEmpty() || !longLink.isEmpty()) {
                    throw source.truncated();
                }
                ended = true;
                return Optional.empty();
            }
            long size = TarNumber.field(block, 124, 12, "an entry's size");
            if (size < 0) {
                throw new UserException("the archive is damaged: an entry has the negative size " + size);
            }
            switch (block[156]) {
                case 'L' -> longName = text(meta(size));
                case 'K' -> longLink = text(meta(size));
                case 'x', 'X' -> records.read(meta(size));
                case 'g' -> records.readGlobal(meta(size), global, globalXattrs);
                case 'V' -> skip(size);
                default -> {
                    TarEntry entry = entry(records, longName, longLink, size);
                    current = entry;
                    return Optional.of(entry);
                }
            }
        }
    }

    /** Reads and checks one header; false at the end of the archive. */
    private boolean header() {
        if (!source.block(block, BLOCK)) {
            return false;
        }
        if (isZero()) {
            if (!source.block(block, BLOCK) || isZero()) {
                return false;
            }
            throw damaged("an empty block stands in its middle");
        }
        int unsigned = 0;
        int signed = 0;
        for (int i = 0; i < BLOCK; i++) {
            byte b = i >= 148 && i < 156 ? (byte) ' ' : block[i];
            unsigned += b & 0xff;
            signed += b;
        }
        long sum = TarNumber.field(block, 148, 8, "a checksum");
        // Some old implementations summed signed bytes; all readers accept both.
        if (sum != unsigned && sum != signed) {
            throw damaged("the checksum of the header before byte " + source.position() + " is wrong");
        }
        return true;
    }

    private boolean isZero() {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    private byte[] meta(long size) {
        if (size > MAX_META) {
            throw damaged("a header of " + size + " bytes is longer than the " + MAX_META + " that are accepted");
        }
        byte[] content = new byte[(int) size];
        if (size > 0 && !source.block(content, content.length)) {
            throw source.truncated();
        }
        source.skip(pad(size));
        return content;
    }

    private void skip(long size) {
        source.skip(size);
        source.skip(pad(size));
    }

    private TarEntry entry(PaxRecords records, String longName, String longLink, long headerSize) {
        boolean ustar = matches(257, "ustar\0");
        String name = records.get("path");
        if (name.isEmpty()) {
            name = longName.isEmpty() ? headerName(ustar) : longName;
        }
        boolean sparseName = !records.get("GNU.sparse.name").isEmpty();
        if (sparseName) {
            name = records.get("GNU.sparse.name");
        }
        String link = records.get("linkpath");
        if (link.isEmpty()) {
            link = longLink.isEmpty() ? text(block, 157, 100) : longLink;
        }
        char flag = (char) (block[156] & 0xff);
        TarType type = type(flag, name);
        long stored = records.get("size").isEmpty()
                ? headerSize
                : TarNumber.decimal(records.get("size"), "the size of " + FileName.show(name));
        long size = stored;
        // Entries of these types have no content, whatever their size says (as GNU tar and Go read them).
        if (type != TarType.FILE) {
            stored = flag == 'D' ? stored : 0;
            size = 0;
        }
        if (stored > Long.MAX_VALUE - 2 * BLOCK) {
            throw TarNumber.bad("the size of " + FileName.show(name));
        }
        int mode = (int) TarNumber.field(block, 100, 8, "the mode of " + FileName.show(name)) & 0xfff;
        long uid = id(records.get("uid"), 108, "the owner of " + FileName.show(name));
        long gid = id(records.get("gid"), 116, "the group of " + FileName.show(name));
        long[] time = records.get("mtime").isEmpty()
                ? new long[] {TarNumber.field(block, 136, 12, "the time of " + FileName.show(name)), 0}
                : TarNumber.time(records.get("mtime"), "the time of " + FileName.show(name));
        String user = records.get("uname").isEmpty() ? text(block, 265, 32) : records.get("uname");
        String group = records.get("gname").isEmpty() ? text(block, 297, 32) : records.get("gname");
        boolean device = type == TarType.CHAR_DEVICE || type == TarType.BLOCK_DEVICE;
        int major = device ? (int) TarNumber.field(block, 329, 8, "a device number") : 0;
        int minor = device ? (int) TarNumber.field(block, 337, 8, "a device number") : 0;
        left = stored;
        padding = pad(stored);
        List<TarExtent> extents = List.of();
        if (type == TarType.FILE) {
            TarSparse sparse = sparse(flag, records, FileName.show(name));
            if (sparse != null) {
                left -= sparse.mapBytes();
                sparse.check(left);
                size = sparse.size();
                extents = sparse.extents();
            }
        }
        boolean links = type == TarType.SYMLINK || type == TarType.HARD_LINK;
        return new TarEntry(
                name,
                type,
                mode,
                uid,
                gid,
                size,
                time[0],
                (int) time[1],
                links ? link : "",
                user,
                group,
                major,
                minor,
                records.xattrs(),
                extents);
    }

    private @Nullable TarSparse sparse(char flag, PaxRecords records, String name) {
        if (flag == 'S') {
            return TarSparse.old(block, source, name);
        }
        return records.sparse(source, left, name);
    }

    private long id(String record, int at, String what) {
        long id = record.isEmpty() ? TarNumber.field(block, at, 8, what) : TarNumber.decimal(record, what);
        // The kernel's ids have 32 bits, and the last value means none.
        if (id < 0 || id >= 0xffffffffL) {
            throw TarNumber.bad(what);
        }
        return id;
    }

    private TarType type(char flag, String name) {
        return switch (flag) {
            // Archives from before POSIX mark a directory by the slash alone.
            case '0', 0, '7' -> name.endsWith("/") ? TarType.DIRECTORY : TarType.FILE;
            case 'S' -> TarType.FILE;
            case '1' -> TarType.HARD_LINK;
            case '2' -> TarType.SYMLINK;
            case '3' -> TarType.CHAR_DEVICE;
            case '4' -> TarType.BLOCK_DEVICE;
            case '5', 'D' -> TarType.DIRECTORY;
            case '6' -> TarType.FIFO;
            default ->
                throw damaged("the entry " + FileName.show(name) + " has the unknown type "
                        + FileName.show(String.valueOf(flag)));
        };
    }

    private String headerName(boolean ustar) {
        String name = text(block, 0, 100);
        // GNU's own format keeps times where ustar has the prefix; star's prefix is shorter.
        if (!ustar || block[345] == 0) {
            return name;
        }
        return text(block, 345, matches(508, "tar\0") ? 131 : 155) + "/" + name;
    }

    private boolean matches(int at, String magic) {
        for (int i = 0; i < magic.length(); i++) {
            if (block[at + i] != magic.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static String text(byte[] bytes) {
        return text(bytes, 0, bytes.length);
    }

    private static String text(byte[] bytes, int start, int length) {
        int n = 0;
        while (n < length && bytes[start + n] != 0) {
            n++;
        }
        return FileName.decode(bytes, start, n);
    }

    private static int pad(long size) {
        return (int) (-size & BLOCK - 1);
    }

    private static UserException damaged(String why) {
        return new UserException("the archive is damaged: " + why);
    }

    /**
     * Reads content of the current entry as the archive stores it: of a sparse file only the extents, one after the
     * other.
     *
     * @param into where to put the bytes
     * @param start index of the first
     * @param length how many at most, at least 1
     * @return how many were read; -1 at the content's end
     * @throws UserException if the archive ends within the content
     */
    public int read(byte[] into, int start, int length) {
        if (left == 0) {
            return -1;
        }
        int n = source.read(into, start, (int) Math.min(length, left));
        if (n < 0) {
            throw source.truncated();
        }
        left -= n;
        return n;
    }

    /** {@return the current entry's content as a stream, with zeros where a sparse file has holes} */
    public InputStream content() {
        TarEntry entry = current;
        if (entry == null) {
            return InputStream.nullInputStream();
        }
        List<TarExtent> extents =
                entry.extents().isEmpty() ? List.of(new TarExtent(0, entry.size())) : new ArrayList<>(entry.extents());
        return new TarContent(this, extents, entry.size());
    }
}
