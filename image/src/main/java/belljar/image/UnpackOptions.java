package belljar.image;

import java.util.List;

/**
 * How a layer is unpacked.
 *
 * @param ids what becomes of owners
 * @param whiteouts what becomes of whiteouts
 * @param devices what becomes of device nodes
 * @param lower descriptors of the unpacked layers below, uppermost first, of the same caller: a directory that the
 *     archive uses but does not hold gets its mode, owner and time from there, else it would hide them; may be empty
 * @param limits how much the layer may ask for
 * @param owners which ids kept owners become
 */
public record UnpackOptions(
        Ids ids, Whiteouts whiteouts, Devices devices, List<Integer> lower, UnpackLimits limits, OwnerMap owners) {
    /** What becomes of owners. */
    public enum Ids {
        /** Kept, as the caller's user namespace sees them. */
        KEEP,
        /** Everything belongs to the caller: for a caller that has one id only. */
        CURRENT
    }

    /** What becomes of whiteouts (OCI image specification, "Whiteouts"). */
    public enum Whiteouts {
        /** Made for an overlay mounted by root: devices 0:0 and {@code trusted.overlay.opaque}. */
        OVERLAY,
        /** Made for an overlay mounted with {@code userxattr}: devices 0:0 and {@code user.overlay.opaque}. */
        OVERLAY_USER,
        /** Kept as ordinary files: for archives that are no layers. */
        LITERAL
    }

    /** What becomes of device nodes; FIFOs are always made. */
    public enum Devices {
        /** Made; a caller who may not make them fails. */
        MAKE,
        /** Left out and counted: in a user namespace the kernel lets nobody make them. */
        SKIP
    }

    /** For root on the host: everything kept. */
    public static final UnpackOptions ROOT = new UnpackOptions(
            Ids.KEEP, Whiteouts.OVERLAY, Devices.MAKE, List.of(), UnpackLimits.DEFAULT, OwnerMap.SAME);

    /** For a user namespace with several ids. */
    public static final UnpackOptions ROOTLESS = new UnpackOptions(
            Ids.KEEP, Whiteouts.OVERLAY_USER, Devices.SKIP, List.of(), UnpackLimits.DEFAULT, OwnerMap.SAME);

    /** For a user namespace with a single id, or for a user without any. */
    public static final UnpackOptions SINGLE_ID = new UnpackOptions(
            Ids.CURRENT, Whiteouts.OVERLAY_USER, Devices.SKIP, List.of(), UnpackLimits.DEFAULT, OwnerMap.SAME);

    /**
     * {@return the same options on top of other layers}
     *
     * @param newLower descriptors of the layers below, uppermost first
     */
    public UnpackOptions withLower(List<Integer> newLower) {
        return new UnpackOptions(ids, whiteouts, devices, newLower, limits, owners);
    }

    /**
     * {@return the same options with other limits}
     *
     * @param newLimits how much the layer may ask for
     */
    public UnpackOptions withLimits(UnpackLimits newLimits) {
        return new UnpackOptions(ids, whiteouts, devices, lower, newLimits, owners);
    }

    /**
     * {@return the same options with other owners}
     *
     * @param newOwners which ids kept owners become
     */
    public UnpackOptions withOwners(OwnerMap newOwners) {
        return new UnpackOptions(ids, whiteouts, devices, lower, limits, newOwners);
    }
}
