package belljar.linux;

import belljar.failure.HostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A set of capabilities. Immutable. A bit may stand for a capability newer than {@link Capability} knows: such bits are
 * kept, so that "everything this kernel has" really means it, and are named by their number.
 */
public final class CapabilitySet {
    private static volatile int known = -1;

    /** The set without capabilities. */
    public static final CapabilitySet NONE = new CapabilitySet(0);

    private final long bits;

    private CapabilitySet(long bits) {
        this.bits = bits;
    }

    /**
     * {@return the set of some capabilities}
     *
     * @param capabilities its members
     */
    public static CapabilitySet of(Capability... capabilities) {
        long bits = 0;
        for (Capability capability : capabilities) {
            bits |= 1L << capability.number();
        }
        return new CapabilitySet(bits);
    }

    /**
     * {@return the set of a bit mask}
     *
     * @param bits bit n stands for the capability of number n, as in {@code /proc/PID/status}
     */
    public static CapabilitySet ofBits(long bits) {
        return new CapabilitySet(bits);
    }

    /**
     * {@return the set that a name stands for: one capability, or for {@code ALL} every one the running kernel has}
     *
     * @param text a name as {@link Capability#parse} takes it, or {@code ALL} in either case
     * @throws belljar.failure.UserException if it is neither
     */
    public static CapabilitySet parse(String text) {
        return text.toUpperCase(Locale.ROOT).equals("ALL") ? ofKernel() : of(Capability.parse(text));
    }

    /** {@return every capability of the running kernel, by {@code /proc/sys/kernel/cap_last_cap}} */
    public static CapabilitySet ofKernel() {
        return new CapabilitySet((1L << lastOfKernel() + 1) - 1);
    }

    /** {@return the number of the running kernel's newest capability, 0 to 62} */
    public static int lastOfKernel() {
        // It is asked for each capability that is named, and never changes while the kernel runs.
        int last = known;
        if (last < 0) {
            last = read();
            known = last;
        }
        return last;
    }

    private static int read() {
        String text = KernelFile.read("/proc/sys/kernel/cap_last_cap");
        int last = 0;
        for (int i = 0; i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9'; i++) {
            last = last * 10 + text.charAt(i) - '0';
        }
        return Math.min(last, 62);
    }

    /**
     * {@return the bounding set of this process: the most that anything it starts can have}
     *
     * @throws HostException if procfs does not say
     */
    public static CapabilitySet bounding() {
        return ofStatus("CapBnd:");
    }

    /**
     * {@return the effective set of this process}
     *
     * @throws HostException if procfs does not say
     */
    public static CapabilitySet effective() {
        return ofStatus("CapEff:");
    }

    private static CapabilitySet ofStatus(String field) {
        String status = KernelFile.read("/proc/thread-self/status");
        int at = status.indexOf(field);
        int end = at < 0 ? -1 : status.indexOf('\n', at);
        if (end < 0) {
            throw new HostException("/proc/thread-self/status has no field " + field, null);
        }
        return new CapabilitySet(Long.parseUnsignedLong(
                status.substring(at + field.length(), end).strip(), 16));
    }

    /** {@return the set as a mask, bit n for the capability of number n} */
    public long bits() {
        return bits;
    }

    /**
     * {@return whether a capability is in the set}
     *
     * @param capability which
     */
    public boolean contains(Capability capability) {
        return (bits >>> capability.number() & 1) != 0;
    }

    /**
     * {@return whether every member of another set is in this one}
     *
     * @param other the other set
     */
    public boolean containsAll(CapabilitySet other) {
        return (other.bits & ~bits) == 0;
    }

    /** {@return whether the set has no member} */
    public boolean isEmpty() {
        return bits == 0;
    }

    /**
     * {@return the members of either set}
     *
     * @param other the other set
     */
    public CapabilitySet union(CapabilitySet other) {
        return new CapabilitySet(bits | other.bits);
    }

    /**
     * {@return the members of this set that are not in the other}
     *
     * @param other the other set
     */
    public CapabilitySet minus(CapabilitySet other) {
        return new CapabilitySet(bits & ~other.bits);
    }

    /**
     * {@return the members of both sets}
     *
     * @param other the other set
     */
    public CapabilitySet intersect(CapabilitySet other) {
        return new CapabilitySet(bits & other.bits);
    }

    /** {@return the members' kernel names in the order of their numbers; {@code CAP_n} for one without a name} */
    public List<String> names() {
        List<String> names = new ArrayList<>();
        for (int n = 0; n < 64; n++) {
            if ((bits >>> n & 1) != 0) {
                names.add(n < Capability.count() ? Capability.of(n).kernelName() : "CAP_" + n);
            }
        }
        return List.copyOf(names);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CapabilitySet set && set.bits == bits;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(bits);
    }

    @Override
    public String toString() {
        return names().toString();
    }
}
