package belljar.virtio;

import belljar.machine.GuestMemory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A driver's side of a queue, in either layout, as simple as it can be. */
final class TestRing {
    /** A piece of a buffer. */
    record Piece(long address, int length, boolean writable) {}

    /** A buffer that came back. */
    record Used(int id, int written) {}

    static final int INDIRECT = 4;
    private static final int NEXT = 1;
    private static final int WRITE = 2;

    final GuestMemory memory;
    final int size;
    final boolean packed;
    final long descriptors;
    final long driverArea;
    final long deviceArea;
    private final Deque<Integer> free = new ArrayDeque<>();
    private final Map<Integer, Integer> slots = new HashMap<>();
    private final Map<Integer, int[]> chains = new HashMap<>();
    private int available;
    private int used;
    private boolean wrapAvailable = true;
    private boolean wrapUsed = true;

    /** Makes a ring in three pages' worth of memory from an address on, which is cleared. */
    TestRing(GuestMemory memory, long base, int size, boolean packed) {
        this.memory = memory;
        this.size = size;
        this.packed = packed;
        this.descriptors = base;
        this.driverArea = base + 16L * size;
        this.deviceArea = driverArea + 8 + 2L * size + 3 & -4;
        memory.write(base, new byte[bytes(size)]);
        for (int i = 0; i < size; i++) {
            free.add(i);
        }
    }

    private TestRing(GuestMemory memory, TestRing other) {
        this.memory = memory;
        this.size = other.size;
        this.packed = other.packed;
        this.descriptors = other.descriptors;
        this.driverArea = other.driverArea;
        this.deviceArea = other.deviceArea;
        free.addAll(other.free);
        slots.putAll(other.slots);
        chains.putAll(other.chains);
        available = other.available;
        used = other.used;
        wrapAvailable = other.wrapAvailable;
        wrapUsed = other.wrapUsed;
    }

    /** {@return this ring as it is now, in a copy of the memory} */
    TestRing at(GuestMemory copy) {
        return new TestRing(copy, this);
    }

    static int bytes(int size) {
        return 16 * size + 16 + 2 * size + 8 * size + 16;
    }

    boolean hasRoom(int pieces) {
        return free.size() >= pieces;
    }

    /** Makes a buffer of descriptors in the ring available. */
    int add(Piece... pieces) {
        return packed ? addPacked(pieces) : addSplit(pieces);
    }

    private void describe(long at, Piece piece, int flags, int other) {
        memory.putLong(at, piece.address());
        memory.putInt(at + 8, piece.length());
        memory.putShort(at + 12, packed ? other : flags);
        memory.putShort(at + 14, packed ? flags : other);
    }

    private static int flags(Piece piece, boolean next) {
        return (piece.writable() ? WRITE : 0) | (next ? NEXT : 0);
    }

    private int addSplit(Piece[] pieces) {
        int[] taken = new int[pieces.length];
        for (int i = 0; i < pieces.length; i++) {
            taken[i] = free.remove();
        }
        for (int i = 0; i < pieces.length; i++) {
            boolean next = i + 1 < pieces.length;
            describe(descriptors + 16L * taken[i], pieces[i], flags(pieces[i], next), next ? taken[i + 1] : 0);
        }
        publishSplit(taken[0], taken);
        return taken[0];
    }

    private void publishSplit(int head, int[] taken) {
        chains.put(head, taken);
        publish(head);
    }

    /** Puts a descriptor's number into the split ring of those available, whatever is there. */
    void publish(int head) {
        memory.putShort(driverArea + 4 + 2L * (available & size - 1), head);
        available = available + 1 & 0xFFFF;
        memory.putShort(driverArea + 2, available);
    }

    private int addPacked(Piece[] pieces) {
        int id = free.remove();
        for (int i = 1; i < pieces.length; i++) {
            free.remove();
        }
        slots.put(id, pieces.length);
        int first = available;
        int firstFlags = 0;
        for (int i = 0; i < pieces.length; i++) {
            int flags = flags(pieces[i], i + 1 < pieces.length) | turn();
            describe(descriptors + 16L * available, pieces[i], i == 0 ? 0 : flags, id);
            firstFlags = i == 0 ? flags : firstFlags;
            if (i == 0) {
                // Not available before the others are there.
                memory.putShort(descriptors + 16L * available + 14, flags ^ (1 << 7 | 1 << 15));
            }
            advance();
        }
        memory.putShort(descriptors + 16L * first + 14, firstFlags);
        return id;
    }

    private int turn() {
        return wrapAvailable ? 1 << 7 : 1 << 15;
    }

    private void advance() {
        if (++available == size) {
            available = 0;
            wrapAvailable = !wrapAvailable;
        }
    }

    /** Makes a buffer available whose descriptors are in a table elsewhere. */
    int addIndirect(long table, Piece... pieces) {
        for (int i = 0; i < pieces.length; i++) {
            boolean next = !packed && i + 1 < pieces.length;
            describe(table + 16L * i, pieces[i], flags(pieces[i], next), next ? i + 1 : 0);
        }
        int id = free.remove();
        Piece whole = new Piece(table, 16 * pieces.length, false);
        if (packed) {
            slots.put(id, 1);
            describe(descriptors + 16L * available, whole, INDIRECT | turn(), id);
            advance();
        } else {
            describe(descriptors + 16L * id, whole, INDIRECT, 0);
            publishSplit(id, new int[] {id});
        }
        return id;
    }

    /** {@return a buffer that came back; null if there is none} */
    @Nullable Used poll() {
        return packed ? pollPacked() : pollSplit();
    }

    private @Nullable Used pollSplit() {
        java.lang.invoke.VarHandle.fullFence();
        if ((memory.getShort(deviceArea + 2) & 0xFFFF) == used) {
            return null;
        }
        java.lang.invoke.VarHandle.fullFence();
        long at = deviceArea + 4 + 8L * (used & size - 1);
        used = used + 1 & 0xFFFF;
        int id = memory.getInt(at);
        int[] taken = chains.remove(id);
        for (int i = 0; taken != null && i < taken.length; i++) {
            free.add(taken[i]);
        }
        return new Used(id, memory.getInt(at + 4));
    }

    private @Nullable Used pollPacked() {
        java.lang.invoke.VarHandle.fullFence();
        long at = descriptors + 16L * used;
        int flags = memory.getShort(at + 14);
        boolean a = (flags & 1 << 7) != 0;
        boolean u = (flags & 1 << 15) != 0;
        if (a != u || u != wrapUsed) {
            return null;
        }
        java.lang.invoke.VarHandle.fullFence();
        int id = memory.getShort(at + 12);
        int count = slots.getOrDefault(id, 1);
        slots.remove(id);
        used += count;
        if (used >= size) {
            used -= size;
            wrapUsed = !wrapUsed;
        }
        free.add(id);
        for (int i = 1; i < count; i++) {
            // Any numbers that are in use by nobody will do.
            free.add(unused());
        }
        return new Used(id, (flags & WRITE) != 0 || memory.getInt(at + 8) != 0 ? memory.getInt(at + 8) : 0);
    }

    private int unused() {
        for (int i = 0; i < size; i++) {
            if (!free.contains(i) && !slots.containsKey(i)) {
                return i;
            }
        }
        throw new IllegalStateException("more buffers came back than went out");
    }

    /** Says whether the device is to interrupt; without the feature of indexes. */
    void wantInterrupts(boolean yes) {
        if (packed) {
            memory.putInt(driverArea, yes ? 0 : 1 << 16);
        } else {
            memory.putShort(driverArea, yes ? 0 : 1);
        }
    }

    /** Asks for an interrupt at the buffer that comes back after a number of others; with the feature of indexes. */
    void wantInterruptAfter(int others) {
        if (packed) {
            int at = used + others;
            boolean wrap = at >= size != wrapUsed;
            memory.putInt(driverArea, 2 << 16 | (wrap ? 1 << 15 : 0) | at % size);
        } else {
            memory.putShort(driverArea + 4 + 2L * size, used + others & 0xFFFF);
        }
    }

    /** {@return whether the device wants to be told of the next buffer, in the way it said last} */
    boolean wantsNotification(boolean eventIndex) {
        java.lang.invoke.VarHandle.fullFence();
        if (packed) {
            int events = memory.getInt(deviceArea);
            int here = available | (wrapAvailable ? 1 << 15 : 0);
            return events >>> 16 == 0 || events >>> 16 == 2 && (events & 0xFFFF) == here;
        }
        return eventIndex
                ? (memory.getShort(deviceArea + 4 + 8L * size) & 0xFFFF) == available
                : (memory.getShort(deviceArea) & 1) == 0;
    }
}
