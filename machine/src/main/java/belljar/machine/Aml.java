package belljar.machine;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes ACPI's machine language (ACPI 6.5, chapter 20), the little of it that describes devices. Each method returns
 * the bytes of one term. Names have four characters.
 */
final class Aml {
    private static final int ZERO = 0x00;
    private static final int ONE = 0x01;
    private static final int BYTE = 0x0A;
    private static final int WORD = 0x0B;
    private static final int DOUBLE_WORD = 0x0C;
    private static final int STRING = 0x0D;
    private static final int NAME = 0x08;
    private static final int SCOPE = 0x10;
    private static final int BUFFER = 0x11;
    private static final int PACKAGE = 0x12;
    private static final int EXTENDED = 0x5B;
    private static final int DEVICE = 0x82;

    private static final int IO_PORTS = 0x47;
    private static final int DECODES_16_BITS = 1;
    private static final int MEMORY_32_FIXED = 0x86;
    private static final int MEMORY_LENGTH = 9;
    private static final int WRITABLE = 1;
    private static final int INTERRUPT = 0x89;
    private static final int INTERRUPT_LENGTH = 6;
    private static final int CONSUMER = 1;
    private static final int EDGE = 1 << 1;
    private static final int END = 0x79;

    private Aml() {}

    /** {@return terms one after another} */
    static byte[] all(byte[]... terms) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] term : terms) {
            out.writeBytes(term);
        }
        return out.toByteArray();
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] number(int bytes, long value) {
        byte[] number = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            number[i] = (byte) (value >> 8 * i);
        }
        return number;
    }

    /** {@return an integer, as short as it can be}; {@code value} has at most 32 bits. */
    static byte[] integer(long value) {
        if (value == 0 || value == 1) {
            return bytes(value == 0 ? ZERO : ONE);
        }
        if (value <= 0xFF) {
            return all(bytes(BYTE), number(1, value));
        }
        return value <= 0xFFFF ? all(bytes(WORD), number(2, value)) : all(bytes(DOUBLE_WORD), number(4, value));
    }

    static byte[] string(String value) {
        return all(bytes(STRING), text(value), bytes(0));
    }

    /** {@return an EISA identifier (ACPI 6.5, 19.3.4)} Three letters and four hexadecimal digits become a number. */
    static byte[] eisaId(String id) {
        int letters = (id.charAt(0) & 31) << 10 | (id.charAt(1) & 31) << 5 | id.charAt(2) & 31;
        return integer(Integer.toUnsignedLong(Integer.reverseBytes(letters << 16 | Integer.parseInt(id, 3, 7, 16))));
    }

    static byte[] name(String name, byte[] value) {
        return all(bytes(NAME), text(name), value);
    }

    static byte[] packageOf(byte[]... elements) {
        return sized(bytes(PACKAGE), all(bytes(elements.length), all(elements)));
    }

    static byte[] scope(String name, byte[] content) {
        return sized(bytes(SCOPE), all(text(name), content));
    }

    static byte[] device(String name, byte[] content) {
        return sized(bytes(EXTENDED, DEVICE), all(text(name), content));
    }

    /** {@return a resource template} It is a buffer of resource descriptors; a checksum of 0 stands for none. */
    static byte[] resources(byte[]... descriptors) {
        byte[] content = all(all(descriptors), bytes(END, 0));
        return sized(bytes(BUFFER), all(integer(content.length), content));
    }

    /** {@return the descriptor of a range of ports} */
    static byte[] ports(int first, int count) {
        return all(bytes(IO_PORTS, DECODES_16_BITS), number(2, first), number(2, first), bytes(1, count));
    }

    /** {@return the descriptor of a range of memory} */
    static byte[] memory(long address, long length) {
        return all(
                bytes(MEMORY_32_FIXED),
                number(2, MEMORY_LENGTH),
                bytes(WRITABLE),
                number(4, address),
                number(4, length));
    }

    /** {@return the descriptor of an interrupt that nobody shares, active high} */
    static byte[] interrupt(int global, boolean edge) {
        int flags = CONSUMER | (edge ? EDGE : 0);
        return all(bytes(INTERRUPT), number(2, INTERRUPT_LENGTH), bytes(flags, 1), number(4, global));
    }

    /** Puts the length of a term behind its operator; it counts itself (ACPI 6.5, 20.2.4). */
    private static byte[] sized(byte[] operator, byte[] content) {
        int size = content.length;
        if (size + 1 < 1 << 6) {
            return all(operator, bytes(size + 1), content);
        }
        int more = size + 2 < 1 << 12 ? 1 : size + 3 < 1 << 20 ? 2 : 3;
        int length = size + 1 + more;
        return all(operator, bytes(more << 6 | length & 15), number(more, length >> 4), content);
    }
}
