package belljar.image;

import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.List;

/** The map of a sparse file, in GNU tar's four ways to write it (its manual, "Storing Sparse Files"). */
final class TarSparse {
    private static final int BLOCK = 512;

    /** Bounds the memory that one entry can cost; GNU tar makes an extent for each run of non-zero blocks. */
    private static final int MAX_EXTENTS = 1_000_000;

    private final String name;
    private final long size;
    private final List<TarExtent> extents = new ArrayList<>();
    private long mapBytes;

    private TarSparse(String name, long size) {
        this.name = name;
        this.size = size;
    }

    /** The old format: four extents in the header, then blocks of 21 while a flag says so. */
    static TarSparse old(byte[] header, TarSource source, String name) {
        TarSparse sparse = new TarSparse(name, TarNumber.field(header, 483, 12, "the size of " + name));
        boolean more = sparse.addFields(header, 386, 4) && header[482] != 0;
        byte[] block = new byte[BLOCK];
        while (more) {
            if (!source.block(block, BLOCK)) {
                throw source.truncated();
            }
            more = sparse.addFields(block, 0, 21) && block[504] != 0;
        }
        return sparse;
    }

    /** Adds extents until an empty field, which ends the map. */
    private boolean addFields(byte[] block, int at, int count) {
        for (int i = 0; i < count; i++) {
            int field = at + 24 * i;
            if (block[field] == 0) {
                return false;
            }
            add(TarNumber.field(block, field, 12, what()), TarNumber.field(block, field + 12, 12, what()));
        }
        return true;
    }

    /** Formats 0.0 and 0.1: offsets and lengths in the pax header. */
    static TarSparse listed(String name, String size, List<String> numbers) {
        TarSparse sparse = new TarSparse(name, TarNumber.decimal(size, "the size of " + name));
        if (numbers.size() % 2 != 0) {
            throw sparse.broken();
        }
        for (int i = 0; i < numbers.size(); i += 2) {
            sparse.add(
                    TarNumber.decimal(numbers.get(i), sparse.what()),
                    TarNumber.decimal(numbers.get(i + 1), sparse.what()));
        }
        return sparse;
    }

    /** Format 1.0: decimal lines in front of the content, padded to a block. */
    static TarSparse prefixed(String name, String size, TarSource source, long available) {
        TarSparse sparse = new TarSparse(name, TarNumber.decimal(size, "the size of " + name));
        Lines lines = new Lines(source, sparse, available);
        long count = lines.next();
        if (count > MAX_EXTENTS) {
            throw sparse.broken();
        }
        for (long i = 0; i < count; i++) {
            long offset = lines.next();
            sparse.add(offset, lines.next());
        }
        sparse.mapBytes = lines.taken;
        return sparse;
    }

    private void add(long offset, long length) {
        long previous = 0;
        if (!extents.isEmpty()) {
            TarExtent last = extents.get(extents.size() - 1);
            previous = last.offset() + last.length();
        }
        if (offset < previous || length < 0 || offset > size || length > size - offset) {
            throw broken();
        }
        if (extents.size() >= MAX_EXTENTS) {
            throw broken();
        }
        extents.add(new TarExtent(offset, length));
    }

    /** Checks that the map and the stored content fit, and marks a file that is one hole as sparse. */
    void check(long stored) {
        long sum = 0;
        for (TarExtent extent : extents) {
            sum += extent.length();
        }
        if (sum != stored || size < 0) {
            throw broken();
        }
        if (extents.isEmpty() && size > 0) {
            extents.add(new TarExtent(size, 0));
        }
    }

    long size() {
        return size;
    }

    List<TarExtent> extents() {
        return extents;
    }

    /** {@return how many bytes of the entry's content the map took} */
    long mapBytes() {
        return mapBytes;
    }

    private String what() {
        return "the sparse map of " + name;
    }

    private UserException broken() {
        return new UserException("the archive is damaged: the sparse map of " + name + " contradicts itself");
    }

    /** The decimal lines of format 1.0. */
    private static final class Lines {
        private final TarSource source;
        private final TarSparse sparse;
        private final long available;
        private final byte[] block = new byte[BLOCK];
        private int at = BLOCK;
        private long taken;

        Lines(TarSource source, TarSparse sparse, long available) {
            this.source = source;
            this.sparse = sparse;
            this.available = available;
        }

        long next() {
            StringBuilder digits = new StringBuilder();
            while (true) {
                if (at == BLOCK) {
                    if (taken + BLOCK > available) {
                        throw sparse.broken();
                    }
                    if (!source.block(block, BLOCK)) {
                        throw source.truncated();
                    }
                    taken += BLOCK;
                    at = 0;
                }
                byte b = block[at++];
                if (b == '\n') {
                    return TarNumber.decimal(digits.toString(), sparse.what());
                }
                if (digits.length() > 20) {
                    throw sparse.broken();
                }
                digits.append((char) (b & 0xff));
            }
        }
    }
}
