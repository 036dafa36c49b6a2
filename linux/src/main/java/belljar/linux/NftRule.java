package belljar.linux;

import java.nio.charset.StandardCharsets;

/**
 * A rule of the packet filter in the making: expressions that load a packet's properties into registers, compare them
 * and decide. The numbers are those of {@code linux/netfilter/nf_tables.h}. Registers are of 4 bytes, 0 to 15; what is
 * longer takes the following ones too.
 */
public final class NftRule {
    /** Verdict: the packet goes no further. */
    public static final int DROP = 0;

    /** Verdict: the packet passes this chain and the one it came from. */
    public static final int ACCEPT = 1;

    private static final int JUMP = -3;

    /** Property: the arriving interface's name, 16 bytes. */
    public static final int IN_NAME = 6;

    /** Property: the leaving interface's name, 16 bytes. */
    public static final int OUT_NAME = 7;

    /** Property: the protocol family, one byte: {@link #IPV4} or {@link #IPV6}. */
    public static final int FAMILY = 15;

    /** Property: the transport protocol, one byte, such as 6 for TCP. */
    public static final int TRANSPORT = 16;

    /** The family IPv4. */
    public static final int IPV4 = 2;

    /** The family IPv6. */
    public static final int IPV6 = 10;

    private static final int NETWORK_HEADER = 1;
    private static final int TRANSPORT_HEADER = 2;
    private static final int REGISTERS = 8;
    private static final int LIST_ELEMENT = 1;
    private static final int RULE_EXPRESSIONS = 4;

    private final NetlinkMessage message;

    NftRule(NetlinkMessage message) {
        this.message = message;
        message.begin(RULE_EXPRESSIONS);
    }

    NetlinkMessage finish() {
        return message.end();
    }

    private NetlinkMessage expression(String name) {
        return message.begin(LIST_ELEMENT).put(1, name).begin(2);
    }

    private NftRule done() {
        message.end().end();
        return this;
    }

    /**
     * Loads a property of the packet that no header has.
     *
     * @param property one of this class's
     * @param register where to
     * @return this rule
     */
    public NftRule meta(int property, int register) {
        expression("meta").putBig(2, property).putBig(1, REGISTERS + register);
        return done();
    }

    private NftRule payload(int base, int offset, int length, int register) {
        expression("payload")
                .putBig(1, REGISTERS + register)
                .putBig(2, base)
                .putBig(3, offset)
                .putBig(4, length);
        return done();
    }

    /**
     * Loads the packet's source address.
     *
     * @param v6 whether it is an IPv6 packet
     * @param register where to
     * @return this rule
     */
    public NftRule source(boolean v6, int register) {
        return payload(NETWORK_HEADER, v6 ? 8 : 12, v6 ? 16 : 4, register);
    }

    /**
     * Loads the packet's destination address.
     *
     * @param v6 whether it is an IPv6 packet
     * @param register where to
     * @return this rule
     */
    public NftRule destination(boolean v6, int register) {
        return payload(NETWORK_HEADER, v6 ? 24 : 16, v6 ? 16 : 4, register);
    }

    /**
     * Loads the destination port, which TCP, UDP and SCTP have at the same place.
     *
     * @param register where to
     * @return this rule
     */
    public NftRule destinationPort(int register) {
        return payload(TRANSPORT_HEADER, 2, 2, register);
    }

    /**
     * Keeps only some bits of a register.
     *
     * @param register which
     * @param mask the bits, as many bytes as count
     * @return this rule
     */
    public NftRule mask(int register, byte[] mask) {
        NetlinkMessage data = expression("bitwise")
                .putBig(1, REGISTERS + register)
                .putBig(2, REGISTERS + register)
                .putBig(3, mask.length);
        data.begin(4).put(1, mask).end();
        data.begin(5).put(1, new byte[mask.length]).end();
        return done();
    }

    /**
     * Goes on only where a register holds some value.
     *
     * @param register which
     * @param value the value
     * @return this rule
     */
    public NftRule equal(int register, byte... value) {
        return compare(0, register, value);
    }

    /**
     * Goes on only where a register holds another value.
     *
     * @param register which
     * @param value the value
     * @return this rule
     */
    public NftRule differs(int register, byte... value) {
        return compare(1, register, value);
    }

    private NftRule compare(int operator, int register, byte[] value) {
        expression("cmp")
                .putBig(1, REGISTERS + register)
                .putBig(2, operator)
                .begin(3)
                .put(1, value)
                .end();
        return done();
    }

    /**
     * Goes on only where the packet is of a connection in one of these states.
     *
     * @param states bits: 1 invalid, 2 established, 4 related, 8 new
     * @return this rule
     */
    public NftRule connectionState(int states) {
        return connection(0, states);
    }

    /**
     * Goes on only for packets of connections whose destination was rewritten.
     *
     * @return this rule
     */
    public NftRule redirected() {
        return connection(2, 0x20 /* IPS_DST_NAT */);
    }

    private NftRule connection(int key, int bits) {
        expression("ct").putBig(1, REGISTERS).putBig(2, key);
        done();
        mask(0, new byte[] {(byte) bits, 0, 0, 0});
        return differs(0, (byte) 0, (byte) 0, (byte) 0, (byte) 0);
    }

    /**
     * Goes on only where the packet is for an address of this network namespace itself.
     *
     * @return this rule
     */
    public NftRule forThisHost() {
        // NFT_FIB_RESULT_ADDRTYPE of the destination; RTN_LOCAL
        expression("fib").putBig(1, REGISTERS).putBig(2, 3).putBig(3, 2);
        done();
        return equal(0, (byte) 2, (byte) 0, (byte) 0, (byte) 0);
    }

    /**
     * Goes on only where registers hold an element of a set.
     *
     * @param set the set
     * @param register the first register of the key
     * @return this rule
     */
    public NftRule in(String set, int register) {
        expression("lookup").put(1, set).putBig(2, REGISTERS + register);
        return done();
    }

    /**
     * Goes on only where registers hold no element of a set.
     *
     * @param set the set
     * @param register the first register of the key
     * @return this rule
     */
    public NftRule notIn(String set, int register) {
        expression("lookup").put(1, set).putBig(2, REGISTERS + register).putBig(5, 1);
        return done();
    }

    /**
     * Looks a key up in a map; goes on only where it is found.
     *
     * @param map the map
     * @param register the first register of the key
     * @param into the first register of what it maps to
     * @return this rule
     */
    public NftRule map(String map, int register, int into) {
        expression("lookup").put(1, map).putBig(2, REGISTERS + register).putBig(3, REGISTERS + into);
        return done();
    }

    /**
     * Ends the rule by a verdict.
     *
     * @param verdict {@link #ACCEPT} or {@link #DROP}
     * @return this rule
     */
    public NftRule verdict(int verdict) {
        return verdict(verdict, "");
    }

    /**
     * Ends the rule by going through another chain.
     *
     * @param chain the chain
     * @return this rule
     */
    public NftRule jump(String chain) {
        return verdict(JUMP, chain);
    }

    private NftRule verdict(int code, String chain) {
        NetlinkMessage verdict =
                expression("immediate").putBig(1, 0).begin(2).begin(2).putBig(1, code);
        if (!chain.isEmpty()) {
            verdict.put(2, chain.getBytes(StandardCharsets.US_ASCII));
        }
        verdict.end().end();
        return done();
    }

    /**
     * Ends the rule by rewriting the destination of the packet's connection.
     *
     * @param v6 whether the address is one of IPv6
     * @param address the first register of the address
     * @param port the register of the port
     * @return this rule
     */
    public NftRule redirect(boolean v6, int address, int port) {
        expression("nat")
                .putBig(1, 1)
                .putBig(2, v6 ? IPV6 : IPV4)
                .putBig(3, REGISTERS + address)
                .putBig(5, REGISTERS + port);
        return done();
    }

    /**
     * Ends the rule by letting the packet's connection seem to come from the leaving interface's own address.
     *
     * @return this rule
     */
    public NftRule masquerade() {
        expression("masq");
        return done();
    }

    /**
     * Counts the packets that come this far.
     *
     * @return this rule
     */
    public NftRule count() {
        expression("counter");
        return done();
    }
}
