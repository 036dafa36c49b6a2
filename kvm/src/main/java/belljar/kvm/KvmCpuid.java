package belljar.kvm;

import belljar.machine.StateReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What CPUID says in a guest of KVM: of the host's processor what the interpreter has too, so that it can execute
 * whatever the guest does (SDM volume 2, CPUID; Linux' Documentation/virt/kvm/x86/cpuid.rst for KVM's leaves).
 */
final class KvmCpuid {
    /** Bytes of a {@code struct kvm_cpuid_entry2}. */
    static final int ENTRY = 40;

    /** Bytes of all entries at most. */
    static final int MOST_BYTES = 32 * ENTRY;

    private static final int INDEXED = 1;

    /** fpu de pse tsc msr pae cx8 apic sep pge cmov pat pse36 clflush mmx fxsr sse sse2. */
    private static final int FEATURES_EDX = 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8 | 1 << 9 | 1 << 11
            | 1 << 13 | 1 << 15 | 1 << 16 | 1 << 17 | 1 << 19 | 1 << 23 | 1 << 24 | 1 << 25 | 1 << 26;

    /** sse3 ssse3 cx16 sse4.1 sse4.2 movbe popcnt. */
    private static final int FEATURES_ECX = 1 | 1 << 9 | 1 << 13 | 1 << 19 | 1 << 20 | 1 << 22 | 1 << 23;

    /** x2apic tsc-deadline hypervisor: what our APIC has, whatever the host's. */
    private static final int OURS_ECX = 1 << 21 | 1 << 24 | 1 << 31;

    /** lahf in long mode. */
    private static final int EXTENDED_ECX = 1;

    /** syscall nx rdtscp lm, and what AMD's processors repeat of leaf 1. */
    private static final int EXTENDED_EDX = FEATURES_EDX & 0x0183_F3FF | 1 << 11 | 1 << 20 | 1 << 27 | 1 << 29;

    private static final int SIGNATURE = 0x4000_0000;

    /** Leaves and registers, 0 to 3, whose bits each promise something. */
    private static final int[][] PROMISES = {
        {1, 2}, {1, 3}, {SIGNATURE + 1, 0}, {0x8000_0001, 2}, {0x8000_0001, 3}, {0x8000_0007, 3}
    };

    private final ByteBuffer supported;
    private final ByteBuffer made = ByteBuffer.allocate(MOST_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    private KvmCpuid(byte[] supported) {
        this.supported = ByteBuffer.wrap(supported).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * {@return entries of {@code struct kvm_cpuid_entry2} for KVM_SET_CPUID2}
     *
     * @param supported those that KVM supports
     * @param id the CPU's number
     * @param tscKhz the frequency of its time stamp counter
     */
    static byte[] entries(byte[] supported, int id, int tscKhz) {
        return new KvmCpuid(supported).build(id, tscKhz);
    }

    private byte[] build(int id, int tscKhz) {
        put(0, 0, 0xB, word(0, 1), word(0, 2), word(0, 3));
        put(
                1,
                0,
                word(1, 0),
                id << 24 | 1 << 16 | 8 << 8,
                word(1, 2) & FEATURES_ECX | OURS_ECX,
                word(1, 3) & FEATURES_EDX | 1 << 9);
        for (int sub = 0; sub < 3; sub++) {
            int type = sub < 2 ? sub + 1 << 8 : 0;
            put(0xB, sub, 0, sub < 2 ? 1 : 0, sub | type, id);
        }
        put(SIGNATURE, 0, SIGNATURE + 0x10, 0x4b4d_564b, 0x564b_4d56, 0x4d);
        // clocksource nop-io-delay clocksource2 stable: what the kernel does by itself without its own APIC.
        put(SIGNATURE + 1, 0, word(SIGNATURE + 1, 0) & (1 | 1 << 1 | 1 << 3 | 1 << 24), 0, 0, 0);
        put(SIGNATURE + 0x10, 0, tscKhz, 1_000_000, 0, 0);
        int extended = 0x8000_0000;
        put(extended, 0, extended + 8, word(extended, 1), word(extended, 2), word(extended, 3));
        int features = extended + 1;
        put(features, 0, word(features, 0), 0, word(features, 2) & EXTENDED_ECX, word(features, 3) & EXTENDED_EDX);
        for (int leaf = extended + 2; leaf <= extended + 6; leaf++) {
            put(leaf, 0, word(leaf, 0), word(leaf, 1), word(leaf, 2), word(leaf, 3));
        }
        put(extended + 7, 0, 0, 0, 0, word(extended + 7, 3) & 1 << 8);
        put(extended + 8, 0, word(extended + 8, 0) & 0xFF | 48 << 8, 0, 0, 0);
        byte[] all = new byte[made.position()];
        made.get(0, all);
        return all;
    }

    private void put(int leaf, int sub, int a, int b, int c, int d) {
        made.putInt(leaf).putInt(sub).putInt(leaf == 0xB ? INDEXED : 0);
        made.putInt(a).putInt(b).putInt(c).putInt(d);
        made.position(made.position() + 12);
    }

    /** A register, 0 to 3, of a leaf that KVM supports; 0 if it does not. */
    private int word(int leaf, int register) {
        return word(supported, leaf, register);
    }

    private static int word(ByteBuffer entries, int leaf, int register) {
        for (int at = 0; at + ENTRY <= entries.capacity(); at += ENTRY) {
            if (entries.getInt(at) == leaf && entries.getInt(at + 4) == 0) {
                return entries.getInt(at + 12 + 4 * register);
            }
        }
        return 0;
    }

    /**
     * Makes sure that a CPU can go on as one that had certain abilities.
     *
     * @param reader where they are from
     * @param saved them, as {@link #entries} made them
     * @param here what it would be able to do by itself
     * @throws belljar.failure.UserException if it lacks some of them
     */
    static void checkFits(StateReader reader, byte[] saved, byte[] here) {
        ByteBuffer then = ByteBuffer.wrap(saved).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer now = ByteBuffer.wrap(here).order(ByteOrder.LITTLE_ENDIAN);
        if (saved.length != here.length) {
            throw reader.damaged(saved.length + " bytes of what a virtual CPU can do");
        }
        for (int at = 0; at < saved.length; at += ENTRY) {
            // The leaf, which of its parts, and whether it has parts.
            if (then.getLong(at) != now.getLong(at) || then.getInt(at + 8) != now.getInt(at + 8)) {
                throw reader.damaged("CPUID leaf 0x" + Integer.toHexString(then.getInt(at)));
            }
        }
        for (int register = 1; register < 4; register++) {
            if (word(then, 0, register) != word(now, 0, register)) {
                throw reader.unfit("this host's KVM", "the processor is another maker's");
            }
        }
        for (int[] promise : PROMISES) {
            int lacks = word(then, promise[0], promise[1]) & ~word(now, promise[0], promise[1]);
            if (lacks != 0) {
                throw reader.unfit(
                        "this host's KVM",
                        "it lacks bit " + Integer.numberOfTrailingZeros(lacks) + " of E" + "ABCD".charAt(promise[1])
                                + "X of CPUID leaf 0x" + Integer.toHexString(promise[0]));
            }
        }
        if ((word(then, 1, 1) ^ word(now, 1, 1)) >>> 24 != 0) {
            throw reader.damaged("the number of a virtual CPU");
        }
    }
}
