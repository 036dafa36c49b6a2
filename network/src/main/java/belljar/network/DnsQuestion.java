package belljar.network;

import belljar.linux.IpAddress;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A question of the domain name system and the answers to it, as RFC 1035 writes them. Only what a resolver's stub asks
 * is understood: one question of the class IN. Everything else is no question.
 */
final class DnsQuestion {
    /** Type: an IPv4 address. */
    static final int A = 1;

    /** Type: a name for an address. */
    static final int PTR = 12;

    /** Type: an IPv6 address. */
    static final int AAAA = 28;

    /** Type: everything there is. */
    static final int ANY = 255;

    /** Answer code: as asked. */
    static final int OK = 0;

    /** Answer code: the server could not find out. */
    static final int FAILED = 2;

    /** Answer code: there is no such name. */
    static final int NO_NAME = 3;

    private static final int HEADER = 12;
    private static final int IN = 1;
    private static final int MOST_LABEL = 63;
    private static final int MOST_NAME = 255;
    private static final int MOST_UDP = 512;
    private static final int TTL_SECONDS = 5;
    private static final int RESPONSE = 0x80;
    private static final int TRUNCATED = 0x02;

    private final byte[] message;
    private final int end;
    private final String name;
    private final int type;

    private DnsQuestion(byte[] message, int end, String name, int type) {
        this.message = message;
        this.end = end;
        this.name = name;
        this.type = type;
    }

    /** {@return the question in a message; null where there is none, so that there is nothing to answer} */
    static @Nullable DnsQuestion parse(byte[] message) {
        // QR and OPCODE must be 0; one question and no answers
        if (message.length < HEADER + 5
                || (message[2] & 0xf8) != 0
                || number(message, 4) != 1
                || number(message, 6) != 0) {
            return null;
        }
        StringBuilder name = new StringBuilder();
        int at = HEADER;
        while (true) {
            int length = at < message.length ? message[at] & 0xff : MOST_LABEL + 1;
            if (length > MOST_LABEL || at + 1 + length > message.length || at + 1 + length - HEADER > MOST_NAME) {
                return null;
            }
            if (length == 0) {
                break;
            }
            if (!name.isEmpty()) {
                name.append('.');
            }
            // Names are bytes; ones of other than ASCII match no container.
            name.append(new String(message, at + 1, length, StandardCharsets.ISO_8859_1));
            at += 1 + length;
        }
        if (at + 5 > message.length || number(message, at + 3) != IN) {
            return null;
        }
        return new DnsQuestion(message, at + 5, name.toString().toLowerCase(Locale.ROOT), number(message, at + 1));
    }

    private static int number(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
    }

    /** {@return the name in small letters, without a dot at its end} */
    String name() {
        return name;
    }

    int type() {
        return type;
    }

    /** {@return the message as it came} */
    byte[] message() {
        return message.clone();
    }

    /** {@return the address whose name is asked for; null where the name is none of a reverse lookup's} */
    @Nullable IpAddress reversed() {
        boolean v6 = name.endsWith(".ip6.arpa");
        if (!v6 && !name.endsWith(".in-addr.arpa")) {
            return null;
        }
        String[] parts = name.split("\\.", -1);
        int count = v6 ? 32 : 4;
        if (parts.length != count + 2) {
            return null;
        }
        byte[] bytes = new byte[v6 ? 16 : 4];
        try {
            for (int i = 0; i < count; i++) {
                String part = parts[count - 1 - i];
                int value = Integer.parseInt(part, v6 ? 16 : 10);
                if (part.length() > (v6 ? 1 : 3) || value < 0 || value > 255) {
                    return null;
                }
                if (v6) {
                    bytes[i / 2] |= (byte) (value << (i % 2 == 0 ? 4 : 0));
                } else {
                    bytes[i] = (byte) value;
                }
            }
        } catch (NumberFormatException e) {
            return null;
        }
        return IpAddress.of(bytes);
    }

    /**
     * {@return an answer}
     *
     * @param code {@link #OK}, {@link #NO_NAME} or {@link #FAILED}
     * @param addresses the addresses that the name has
     */
    byte[] answer(int code, List<IpAddress> addresses) {
        List<byte[]> data = new ArrayList<>();
        List<Integer> types = new ArrayList<>();
        for (IpAddress address : addresses) {
            int kind = address.isV6() ? AAAA : A;
            if (type == kind || type == ANY) {
                data.add(address.bytes());
                types.add(kind);
            }
        }
        return answer(code, types, data);
    }

    /**
     * {@return the answer to a question for an address's name}
     *
     * @param host the name
     */
    byte[] answerName(String host) {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (String label : host.split("\\.", -1)) {
            byte[] bytes = label.getBytes(StandardCharsets.ISO_8859_1);
            if (bytes.length == 0 || bytes.length > MOST_LABEL || data.size() + bytes.length > MOST_NAME - 2) {
                return answer(FAILED, List.of(), List.of());
            }
            data.write(bytes.length);
            data.writeBytes(bytes);
        }
        data.write(0);
        return answer(OK, List.of(PTR), List.of(data.toByteArray()));
    }

    private byte[] answer(int code, List<Integer> types, List<byte[]> data) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(message, 0, 2);
        out.write(RESPONSE | 0x04 | message[2] & 0x01); // authoritative; recursion desired as it was
        out.write(0x80 | code); // recursion available
        put(out, 1);
        put(out, data.size());
        put(out, 0);
        put(out, 0);
        out.write(message, HEADER, end - HEADER);
        for (int i = 0; i < data.size(); i++) {
            put(out, 0xc000 | HEADER); // the question's name
            put(out, types.get(i));
            put(out, IN);
            put(out, 0);
            put(out, TTL_SECONDS);
            put(out, data.get(i).length);
            out.writeBytes(data.get(i));
        }
        return out.toByteArray();
    }

    private static void put(ByteArrayOutputStream out, int number) {
        out.write(number >> 8);
        out.write(number);
    }

    /** {@return an answer as it may be sent in one packet: where it is too long, the asker is told to use TCP} */
    byte[] fitToPacket(byte[] answer) {
        if (answer.length <= MOST_UDP) {
            return answer;
        }
        byte[] cut = Arrays.copyOf(answer, end);
        cut[2] |= TRUNCATED;
        Arrays.fill(cut, 6, HEADER, (byte) 0);
        return cut;
    }

    /** {@return whether a message of another server is an answer to this question} */
    boolean isAnsweredBy(byte[] answer, int length, int id) {
        if (length < end || number(answer, 0) != id || (answer[2] & RESPONSE) == 0 || number(answer, 4) != 1) {
            return false;
        }
        for (int i = HEADER; i < end; i++) {
            int a = Character.toLowerCase(answer[i] & 0xff);
            if (a != Character.toLowerCase(message[i] & 0xff)) {
                return false;
            }
        }
        return true;
    }
}
