package belljar.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * Kernels of a few instructions of 32-bit code, in an ELF file that a Multiboot loader takes (Multiboot Specification
 * 0.6.96, 3.1), for Belljar and for QEMU. They end by writing to port F4h, where QEMU's {@code isa-debug-exit} is.
 */
final class TinyGuest {
    private static final int LOAD = 0x10_0000;
    private static final int HEADER = 12;
    private static final int FILE_HEADERS = 52 + 32;
    private static final int MAGIC = 0x1BAD_B002;

    private static final String END = "66baf400" + "b000" + "ee" + "f4" + "ebfd";

    /** Pages of 4 MiB for all of memory at 200000h, the stack at 300000h, a table of 1 MiB at 400000h. */
    private static final String PAGING = "bf00002000" + "b883000000" + "8907" + "83c704" + "0500004000" + "73f4"
            + "b800002000" + "0f22d8" + "0f20e0" + "83c810" + "0f22e0" + "0f20c0" + "0d00000080" + "0f22c0"
            + "bc00003000" + "be00004000" + "b878563412" + "31ed";

    /** xorshift32 of EAX, which then picks a place in the table to be added to; a branch that nobody foresees. */
    private static final String TURN =
            "89c2" + "c1e20d" + "31d0" + "89c2" + "c1ea11" + "31d0" + "89c2" + "c1e205" + "31d0" + "89c3"
                    + "81e3fcff0f00" + "01041e" + "8b3c1e" + "8d7c7f07" + "a901000000" + "7405" + "01fd" + "c1c503";

    /** call to behind the next jump; there: lea edx, [eax+ebp]; ret. */
    private static final String CALL = "e802000000" + "eb04" + "8d1428" + "c3";

    private TinyGuest() {}

    /** {@return a kernel that ends at once} */
    static byte[] ending() {
        return file(END);
    }

    /** {@return a kernel that waits for ever} */
    static byte[] waiting() {
        return file("f4" + "ebfd");
    }

    /**
     * {@return a kernel that computes with paging on}
     *
     * @param turns how often it goes round; some 22 instructions each
     */
    static byte[] computing(int turns) {
        String loop = TURN + CALL + "49";
        int back = -(loop.length() / 2 + 6);
        return file(PAGING + "b9" + hex(turns) + loop + "0f85" + hex(back) + END);
    }

    private static String hex(int value) {
        return HexFormat.of().toHexDigits(Integer.reverseBytes(value));
    }

    private static byte[] file(String code) {
        byte[] bytes = HexFormat.of().parseHex(code);
        int size = HEADER + bytes.length;
        ByteBuffer elf = ByteBuffer.allocate(FILE_HEADERS + size).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0x464C_457F).put((byte) 1).put((byte) 1).put((byte) 1).position(16);
        elf.putShort((short) 2)
                .putShort((short) 3)
                .putInt(1)
                .putInt(LOAD + HEADER)
                .putInt(52);
        elf.position(40)
                .putShort((short) 52)
                .putShort((short) 32)
                .putShort((short) 1)
                .position(52);
        elf.putInt(1)
                .putInt(FILE_HEADERS)
                .putInt(LOAD)
                .putInt(LOAD)
                .putInt(size)
                .putInt(size)
                .putInt(7)
                .putInt(4);
        elf.putInt(MAGIC).putInt(0).putInt(-MAGIC).put(bytes);
        return elf.array();
    }
}
