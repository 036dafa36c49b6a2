package belljar.microvm;

import belljar.machine.KernelImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Kernels of a few instructions of 32-bit code, started by Multiboot. */
final class TinyKernel {
    /** Where a kernel's code begins. */
    static final int ENTRY = 0x10_0010;

    private static final int PART = 0x80;
    private static final int HEADER = 0x10;

    private TinyKernel() {}

    /** {@return a kernel} It begins with the first byte of the code, at 0x10_0010. */
    static KernelImage of(byte[] code) {
        return KernelImage.read(file(code));
    }

    static byte[] file(byte[] code) {
        ByteBuffer elf = ByteBuffer.allocate(PART + HEADER + code.length).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464C_457F).put(4, (byte) 1).put(5, (byte) 1);
        elf.putShort(16, (short) 2).putShort(18, (short) 3);
        elf.putInt(24, ENTRY).putInt(28, 52).putShort(42, (short) 32).putShort(44, (short) 1);
        int size = HEADER + code.length;
        elf.putInt(52, 1).putInt(56, PART).putInt(60, 0x10_0000).putInt(64, 0x10_0000);
        elf.putInt(68, size).putInt(72, size);
        elf.putInt(PART, 0x1BAD_B002).putInt(PART + 4, 3).putInt(PART + 8, -(0x1BAD_B002 + 3));
        elf.position(PART + HEADER);
        elf.put(code);
        return elf.array();
    }

    /** {@return code that writes a text to the serial line} */
    static String say(String text) {
        StringBuilder code = new StringBuilder("66baf803");
        for (byte letter : text.getBytes(StandardCharsets.US_ASCII)) {
            code.append("b0").append(HexFormat.of().toHexDigits(letter)).append("ee");
        }
        return code.toString();
    }

    /** {@return code that powers the machine off with a status} */
    static String exit(int value) {
        return "66baf400b0" + HexFormat.of().toHexDigits((byte) value) + "ee" + "f4ebfd";
    }

    /** {@return code that asks ACPI for power-off} */
    static String powerOff() {
        return "66ba0006b034ee" + "f4ebfd";
    }

    /** {@return a kernel of code in hexadecimal} */
    static KernelImage ofHex(String... code) {
        return of(HexFormat.of().parseHex(String.join("", code)));
    }
}
