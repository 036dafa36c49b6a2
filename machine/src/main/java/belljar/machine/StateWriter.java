package belljar.machine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Gathers a machine's state in memory; without guest memory it has some kilobytes. See {@link StateReader}. */
public final class StateWriter extends StateStream {
    private ByteBuffer out = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);

    /** Makes one that is empty. */
    public StateWriter() {}

    private ByteBuffer room(int bytes) {
        if (out.remaining() < bytes) {
            byte[] larger = Arrays.copyOf(out.array(), Math.max(2 * out.capacity(), out.position() + bytes));
            int at = out.position();
            out = ByteBuffer.wrap(larger).order(ByteOrder.LITTLE_ENDIAN).position(at);
        }
        return out;
    }

    /** {@return what was gathered} */
    public byte[] toBytes() {
        return Arrays.copyOf(out.array(), out.position());
    }

    @Override
    public boolean isLoading() {
        return false;
    }

    @Override
    public void section(String name) {
        byte[] text = name.getBytes(StandardCharsets.US_ASCII);
        room(text.length + 1).put((byte) text.length).put(text);
    }

    @Override
    public long number(long value) {
        room(Long.BYTES).putLong(value);
        return value;
    }

    @Override
    public int number(int value) {
        room(Integer.BYTES).putInt(value);
        return value;
    }

    @Override
    public int number(int value, int least, int most) {
        return number(value);
    }

    @Override
    public long number(long value, long least, long most) {
        return number(value);
    }

    @Override
    public boolean flag(boolean value) {
        room(1).put((byte) (value ? 1 : 0));
        return value;
    }

    @Override
    public void numbers(long[] values) {
        for (long value : values) {
            number(value);
        }
    }

    @Override
    public void numbers(int[] values) {
        for (int value : values) {
            number(value);
        }
    }

    @Override
    public void bytes(byte[] values) {
        room(values.length).put(values);
    }

    @Override
    public byte[] bytes(byte[] values, int most) {
        number(values.length);
        bytes(values);
        return values;
    }
}
