package belljar.machine;

import belljar.failure.UserException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Gives a machine's parts back what a {@link StateWriter} has gathered. All its methods throw a {@link UserException}
 * where that does not fit: another machine's, another version's, or damaged. The machine is to be thrown away then.
 */
public final class StateReader extends StateStream {
    private final String name;
    private final ByteBuffer in;
    private String section = "its beginning";

    /**
     * Makes one that begins at the beginning.
     *
     * @param name what the state is called in a failure's text
     * @param state what was gathered
     */
    public StateReader(String name, byte[] state) {
        this.name = name;
        this.in = ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * {@return the failure of a part that cannot use its state}
     *
     * @param what what is wrong with it
     */
    public UserException damaged(String what) {
        return new UserException("the snapshot " + name + " does not fit this machine: " + what + " in " + section
                + "; take another snapshot, or restore it with the Belljar that took it");
    }

    /**
     * {@return the failure of a part that could use its state, but not on this host}
     *
     * @param host what the host lacks it in, such as "this host's KVM"
     * @param what what it lacks
     */
    public UserException unfit(String host, String what) {
        return new UserException("the snapshot " + name + " does not fit " + host + ": " + what
                + "; restore it on a host like the one it was taken on");
    }

    /** Makes sure that nothing is left. */
    public void end() {
        if (in.hasRemaining()) {
            throw damaged(in.remaining() + " bytes are left");
        }
    }

    private ByteBuffer need(int bytes) {
        if (in.remaining() < bytes) {
            throw damaged("it ends");
        }
        return in;
    }

    @Override
    public boolean isLoading() {
        return true;
    }

    @Override
    public void section(String expected) {
        byte[] text;
        try {
            text = new byte[in.get() & 0xFF];
            in.get(text);
        } catch (BufferUnderflowException e) {
            throw damaged("it ends");
        }
        String found = new String(text, StandardCharsets.US_ASCII);
        if (!found.equals(expected)) {
            throw damaged("'" + printable(found) + "' stands in the place of '" + expected + "'");
        }
        section = expected;
    }

    private static String printable(String text) {
        return text.replaceAll("[^ -~]", "?");
    }

    @Override
    public long number(long value) {
        return need(Long.BYTES).getLong();
    }

    @Override
    public int number(int value) {
        return need(Integer.BYTES).getInt();
    }

    @Override
    public int number(int value, int least, int most) {
        int loaded = number(value);
        if (loaded < least || loaded > most) {
            throw damaged(loaded + " is none of " + least + " to " + most);
        }
        return loaded;
    }

    @Override
    public long number(long value, long least, long most) {
        long loaded = number(value);
        if (loaded < least || loaded > most) {
            throw damaged(loaded + " is none of " + least + " to " + most);
        }
        return loaded;
    }

    @Override
    public boolean flag(boolean value) {
        byte loaded = need(1).get();
        if (loaded < 0 || loaded > 1) {
            throw damaged(loaded + " is neither yes nor no");
        }
        return loaded == 1;
    }

    @Override
    public void numbers(long[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = number(0L);
        }
    }

    @Override
    public void numbers(int[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = number(0);
        }
    }

    @Override
    public void bytes(byte[] values) {
        need(values.length).get(values);
    }

    @Override
    public byte[] bytes(byte[] values, int most) {
        int length = number(0, 0, most);
        ByteBuffer from = need(length);
        byte[] loaded = new byte[length];
        from.get(loaded);
        return loaded;
    }
}
