package belljar.machine;

import belljar.failure.UserException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A Linux kernel that would unpack itself (Linux' Documentation/arch/x86/boot.rst, "Real-mode kernel header"); here it
 * is unpacked on the host.
 */
final class BzImage {
    /** Where the setup header begins, in the file as in the zero page. */
    static final int SETUP_HEADER = 0x1F1;

    private static final int MAGIC = 0x5372_6448; // HdrS
    private static final int HEADER_LENGTH = 0x201;
    private static final int HEADER_MAGIC = 0x202;
    private static final int VERSION = 0x206;
    private static final int PAYLOAD_OFFSET = 0x248;
    private static final int PAYLOAD_LENGTH = 0x24C;
    private static final int LEAST_BYTES = 0x268;
    private static final int WITH_PAYLOAD = 0x208;
    private static final int SECTOR = 512;

    private final byte[] content;
    private final ByteBuffer file;

    /** Takes a file that {@link #isOne}. */
    BzImage(byte[] content) {
        this.content = content;
        file = little(content);
    }

    static boolean isOne(byte[] content) {
        return content.length >= LEAST_BYTES && little(content).getInt(HEADER_MAGIC) == MAGIC;
    }

    private static ByteBuffer little(byte[] content) {
        return ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** {@return the setup header: what a 64-bit boot loader copies into the zero page} */
    byte[] setupHeader() {
        int end = HEADER_MAGIC + Byte.toUnsignedInt(file.get(HEADER_LENGTH));
        return Arrays.copyOfRange(content, SETUP_HEADER, Math.min(end, content.length));
    }

    /**
     * {@return the ELF file in it}
     *
     * @throws UserException if it is damaged, or packed in an unknown way
     */
    byte[] unpack() {
        if (Short.toUnsignedInt(file.getShort(VERSION)) < WITH_PAYLOAD) {
            throw new UserException("the kernel is older than Linux 2.6.26; give a newer one");
        }
        int sectors = Byte.toUnsignedInt(file.get(SETUP_HEADER));
        long start =
                (sectors == 0 ? 5 : sectors + 1) * (long) SECTOR + Integer.toUnsignedLong(file.getInt(PAYLOAD_OFFSET));
        long length = Integer.toUnsignedLong(file.getInt(PAYLOAD_LENGTH));
        if (start + length > file.capacity()) {
            throw new UserException("the kernel is cut off: its file has " + file.capacity()
                    + " bytes, and should have more than " + (start + length) + "; fetch it again");
        }
        return new Payload(content, (int) start, (int) length).unpack();
    }
}
