package belljar.machine;

/**
 * What a local APIC knows of the messages that are for it (Intel SDM volume 3, 11.6.2 "Determining IPI Destination" and
 * 11.12.10 "Determining IPI Destination in x2APIC Mode"). Guarded by the APIC's lock.
 */
final class ApicDestination {
    private final int id;
    private int logical;
    private int format;

    ApicDestination(int id) {
        this.id = id;
    }

    void reset() {
        logical = 0;
        format = -1;
    }

    void transfer(StateStream state) {
        logical = state.number(logical);
        format = state.number(format);
    }

    /** The logical destination register; in x2APIC mode it follows from the id. */
    int logical(boolean x2apic) {
        return x2apic ? id >> 4 << 16 | 1 << (id & 0xF) : logical;
    }

    void setLogical(int value) {
        logical = value & 0xFF00_0000;
    }

    int format() {
        return format;
    }

    void setFormat(int value) {
        format = value | 0x0FFF_FFFF;
    }

    /**
     * Whether a message is for this APIC.
     *
     * @param wide whether the destination has 32 bits, as from an x2APIC, and not 8
     * @param asLogical whether it is a logical one
     * @param x2apic whether this APIC is in x2APIC mode
     */
    boolean matches(int destination, boolean wide, boolean asLogical, boolean x2apic) {
        int everybody = wide ? -1 : 0xFF;
        if (!asLogical || destination == everybody && (wide || !x2apic)) {
            return destination == id || destination == everybody;
        }
        if (x2apic) {
            return destination >>> 16 == id >> 4 && (destination >>> (id & 0xF) & 1) != 0;
        }
        if (destination >>> 8 != 0) {
            return false;
        }
        int own = logical >>> 24;
        boolean flat = format >>> 28 == 0xF;
        return flat ? (destination & own) != 0 : destination >> 4 == own >> 4 && (destination & own & 0xF) != 0;
    }
}
