package belljar.cli;

import belljar.engine.MountRequest;
import belljar.failure.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A container's time zone: the host's file of it (tzfile(5)) in place of {@code /etc/localtime}. */
final class TimeZones {
    private static final Path LOCAL = Path.of("/etc/localtime");
    private static final Path ZONES = Path.of("/usr/share/zoneinfo");

    private TimeZones() {}

    /**
     * {@return the mount that gives a container a time zone}
     *
     * @param zone its name, or {@code local} for the host's
     * @throws UserException if the host knows no such zone
     */
    static MountRequest mount(String zone) {
        Path file = zone.equals("local") ? LOCAL : ZONES.resolve(zone).normalize();
        boolean inside = zone.equals("local") || file.startsWith(ZONES) && !zone.isEmpty();
        if (!inside || !Files.isRegularFile(file)) {
            throw new UserException("--tz '" + zone + "' is no time zone of this host; name one that is below " + ZONES
                    + ", which the package tzdata brings, or local");
        }
        try {
            return new MountRequest.Bind(file.toRealPath().toString(), LOCAL.toString(), List.of("ro"));
        } catch (IOException e) {
            throw new UserException("--tz '" + zone + "': " + file + " cannot be read: " + e.getMessage(), e);
        }
    }
}
