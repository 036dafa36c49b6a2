package belljar.engine;

import java.util.List;
import java.util.OptionalLong;

/**
 * What is asked of a container's files.
 *
 * @param mounts what to mount, in the order given
 * @param devices devices of the host to pass on
 * @param readonlyRoot whether the root file system is read-only
 * @param readonlyTmpfs whether a read-only root gets writable tmpfs at {@code /run}, {@code /tmp} and {@code /var/tmp}
 * @param shmSize size of {@code /dev/shm} in bytes, more than 0; empty for 64 MiB
 * @param imageVolumes what becomes of the volumes that the image declares
 */
public record StorageRequest(
        List<MountRequest> mounts,
        List<DeviceRequest> devices,
        boolean readonlyRoot,
        boolean readonlyTmpfs,
        OptionalLong shmSize,
        ImageVolumes imageVolumes) {
    /** What becomes of the volumes that an image declares. */
    public enum ImageVolumes {
        /** They are directories that live as long as the container. */
        ANONYMOUS,
        /** They are tmpfs with the image's content. */
        TMPFS,
        /** They are part of the root file system like any other directory. */
        IGNORE
    }

    /** A writable root and nothing else. */
    public static final StorageRequest DEFAULT =
            new StorageRequest(List.of(), List.of(), false, true, OptionalLong.empty(), ImageVolumes.ANONYMOUS);

    /** Copies the lists. */
    public StorageRequest {
        mounts = List.copyOf(mounts);
        devices = List.copyOf(devices);
    }

    /**
     * {@return the same with other mounts}
     *
     * @param newMounts what to mount, in the order given
     */
    public StorageRequest withMounts(List<MountRequest> newMounts) {
        return new StorageRequest(newMounts, devices, readonlyRoot, readonlyTmpfs, shmSize, imageVolumes);
    }
}
