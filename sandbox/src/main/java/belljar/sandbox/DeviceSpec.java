package belljar.sandbox;

/**
 * A device node inside a container.
 *
 * @param path where, absolute
 * @param type {@code c}, {@code b} or {@code p}
 * @param major the device's major number
 * @param minor the device's minor number
 * @param mode the permission bits
 * @param uid the owner inside the container
 * @param gid the group inside the container
 */
public record DeviceSpec(String path, char type, int major, int minor, int mode, int uid, int gid) {}
