package belljar.machine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What carries interrupt messages between local APICs, I/O APICs and devices with message-signalled interrupts (Intel
 * SDM volume 3, 11.6.2 "Determining IPI Destination" and 11.11 "Message Signalled Interrupts").
 *
 * <p>Local APICs and I/O APICs enter themselves when they are made. Safe for use by several threads.
 */
public final class ApicBus {
    static final int FIXED = 0;
    static final int LOWEST_PRIORITY = 1;
    static final int NMI = 4;
    static final int INIT = 5;
    static final int STARTUP = 6;

    private volatile LocalApic[] locals = {};
    private volatile IoApic[] inputs = {};

    /** Makes a bus without anybody. */
    public ApicBus() {}

    synchronized void add(LocalApic apic) {
        LocalApic[] more = Arrays.copyOf(locals, locals.length + 1);
        more[locals.length] = apic;
        locals = more;
    }

    synchronized void add(IoApic apic) {
        IoApic[] more = Arrays.copyOf(inputs, inputs.length + 1);
        more[inputs.length] = apic;
        inputs = more;
    }

    /**
     * Delivers an interrupt of a device to the CPUs that it is for.
     *
     * @param destination an APIC id or a logical destination of 8 bits; 0xFF is all of them
     * @param logical whether the destination is a logical one
     * @param mode the delivery mode: 0 fixed, 1 lowest priority, 4 NMI, 5 INIT; others are lost
     * @param vector the vector, 16 to 255; of no meaning for NMI and INIT
     * @param level whether an end of interrupt is to be told to the I/O APICs
     * @return whether any CPU took it
     */
    public boolean deliver(int destination, boolean logical, int mode, int vector, boolean level) {
        return mode != STARTUP && send(destination & 0xFF, false, logical, mode, vector, level);
    }

    /**
     * Delivers a message-signalled interrupt.
     *
     * @param address the address that the device writes to; one outside 0xFEE00000 to 0xFEEFFFFF is no interrupt
     * @param data what it writes there
     * @return whether any CPU took it
     */
    public boolean message(long address, int data) {
        if (address >>> 20 != 0xFEE) {
            return false;
        }
        boolean level = (data >> 15 & 1) != 0;
        boolean asserted = !level || (data >> 14 & 1) != 0;
        return asserted
                && deliver((int) (address >> 12), (address >> 2 & 1) != 0, data >> 8 & 0b111, data & 0xFF, level);
    }

    /**
     * Sends a message.
     *
     * @param wide whether the destination has the 32 bits of x2APIC mode
     */
    boolean send(int destination, boolean wide, boolean logical, int mode, int vector, boolean level) {
        if (mode == LOWEST_PRIORITY) {
            LocalApic best = lowest(destination, wide, logical);
            return best != null && best.receive(FIXED, vector, level);
        }
        boolean taken = false;
        for (LocalApic apic : locals) {
            if (apic.matches(destination, wide, logical)) {
                taken |= apic.receive(mode, vector, level);
            }
        }
        return taken;
    }

    /** Sends a message to all local APICs, except one if that is given. */
    void sendAll(@Nullable LocalApic except, int mode, int vector) {
        for (LocalApic apic : locals) {
            if (apic != except) {
                apic.receive(mode, vector, false);
            }
        }
    }

    /** The one of the lowest processor priority among those that a message is for and that take interrupts. */
    private @Nullable LocalApic lowest(int destination, boolean wide, boolean logical) {
        LocalApic best = null;
        int least = Integer.MAX_VALUE;
        for (LocalApic apic : locals) {
            if (apic.matches(destination, wide, logical)) {
                int priority = apic.arbitration();
                if (priority < least) {
                    best = apic;
                    least = priority;
                }
            }
        }
        return best;
    }

    /** Tells the I/O APICs that a CPU has done with a level-triggered interrupt. */
    void endOfInterrupt(int vector) {
        for (IoApic apic : inputs) {
            apic.endOfInterrupt(vector);
        }
    }
}
