package belljar.image;

import belljar.failure.UserException;
import belljar.linux.FileName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The pax records that hold for one entry: its own over those of the archive (pax(1), "pax Extended Header"). */
final class PaxRecords {
    private static final String XATTR = "SCHILY.xattr.";

    private final Map<String, String> global;
    private final Map<String, byte[]> globalXattrs;
    private final Map<String, String> own = new HashMap<>();
    private final Map<String, byte[]> ownXattrs = new LinkedHashMap<>();
    private final List<String> sparseNumbers = new ArrayList<>();
    private boolean seen;

    PaxRecords(Map<String, String> global, Map<String, byte[]> globalXattrs) {
        this.global = global;
        this.globalXattrs = globalXattrs;
    }

    /** {@return whether the entry has a header of its own} */
    boolean seen() {
        return seen;
    }

    /** {@return a record's value, empty when there is none} */
    String get(String key) {
        String value = own.get(key);
        return value != null ? value : global.getOrDefault(key, "");
    }

    void read(byte[] content) {
        seen = true;
        parse(content, own, ownXattrs, sparseNumbers);
    }

    void readGlobal(byte[] content, Map<String, String> into, Map<String, byte[]> xattrs) {
        parse(content, into, xattrs, new ArrayList<>());
        // Each such header may add keys; a hostile archive could add for ever.
        if (into.size() + xattrs.size() > 10_000) {
            throw damaged();
        }
    }

    Map<String, byte[]> xattrs() {
        if (globalXattrs.isEmpty()) {
            return ownXattrs;
        }
        Map<String, byte[]> all = new LinkedHashMap<>(globalXattrs);
        all.putAll(ownXattrs);
        return all;
    }

    /** {@return the map of a sparse file, null when the entry is none} */
    @Nullable TarSparse sparse(TarSource source, long available, String name) {
        if (get("GNU.sparse.major").equals("1")) {
            return TarSparse.prefixed(name, get("GNU.sparse.realsize"), source, available);
        }
        String map = get("GNU.sparse.map");
        String size = get("GNU.sparse.size");
        if (size.isEmpty()) {
            return null;
        }
        if (map.isEmpty()) {
            return TarSparse.listed(name, size, sparseNumbers);
        }
        List<String> numbers = new ArrayList<>();
        int start = 0;
        for (int i = 0; i <= map.length(); i++) {
            if (i == map.length() || map.charAt(i) == ',') {
                numbers.add(map.substring(start, i));
                start = i + 1;
            }
        }
        return TarSparse.listed(name, size, numbers);
    }

    /** Records are "LENGTH KEY=VALUE\n", the length that of the whole record. */
    private static void parse(byte[] bytes, Map<String, String> into, Map<String, byte[]> xattrs, List<String> sparse) {
        int at = 0;
        while (at < bytes.length) {
            int space = at;
            int length = 0;
            while (space < bytes.length && bytes[space] >= '0' && bytes[space] <= '9' && space - at < 8) {
                length = length * 10 + bytes[space++] - '0';
            }
            if (space == at && onlyZeros(bytes, at)) {
                return;
            }
            if (space == at || space >= bytes.length || bytes[space] != ' ' || length > bytes.length - at) {
                throw damaged();
            }
            int end = at + length - 1;
            int equals = space + 1;
            while (equals < end && bytes[equals] != '=') {
                equals++;
            }
            if (equals >= end || equals == space + 1 || bytes[end] != '\n') {
                throw damaged();
            }
            String key = FileName.decode(bytes, space + 1, equals - space - 1);
            record(key, bytes, equals + 1, end, into, xattrs, sparse);
            at = end + 1;
        }
    }

    private static void record(
            String key,
            byte[] bytes,
            int start,
            int end,
            Map<String, String> into,
            Map<String, byte[]> xattrs,
            List<String> sparse) {
        if (key.startsWith(XATTR)) {
            String name = key.substring(XATTR.length());
            if (name.isEmpty() || name.indexOf('\0') >= 0) {
                throw damaged();
            }
            byte[] value = new byte[end - start];
            System.arraycopy(bytes, start, value, 0, value.length);
            xattrs.put(name, value);
            return;
        }
        String value = FileName.decode(bytes, start, end - start);
        boolean isName = key.equals("path") || key.equals("linkpath") || key.equals("GNU.sparse.name");
        if (isName && value.indexOf('\0') >= 0) {
            throw damaged();
        }
        if (key.equals("GNU.sparse.offset") || key.equals("GNU.sparse.numbytes")) {
            sparse.add(value);
        } else {
            into.put(key, value);
        }
    }

    private static boolean onlyZeros(byte[] bytes, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private static UserException damaged() {
        return new UserException("the archive is damaged: a pax header does not have the form that pax(1) demands");
    }
}
