package belljar.cli;

import belljar.engine.DeviceRequest;
import belljar.failure.UserException;
import java.util.List;

/** Reads {@code --device}: {@code host[:container][:rwm]}. */
final class DeviceSyntax {
    private DeviceSyntax() {}

    /** {@return the device that a text asks for} */
    static DeviceRequest parse(String text) {
        List<String> parts = Text.split(text, ':');
        String source = parts.get(0);
        String destination = source;
        String access = "rwm";
        boolean good = source.startsWith("/") && parts.size() <= 3;
        if (good && parts.size() == 2 && isAccess(parts.get(1))) {
            access = parts.get(1);
        } else if (good && parts.size() >= 2) {
            destination = parts.get(1);
            access = parts.size() == 3 ? parts.get(2) : access;
        }
        if (!good || !destination.startsWith("/") || !isAccess(access)) {
            throw new UserException(
                    "--device '" + text + "' is not of the form /dev/HOST[:/dev/CONTAINER][:rwm] with absolute paths");
        }
        return new DeviceRequest(source, destination, access);
    }

    /** {@return whether a text is one to three different letters of {@code rwm}} */
    static boolean isAccess(String text) {
        for (int i = 0; i < text.length(); i++) {
            if ("rwm".indexOf(text.charAt(i)) < 0 || text.indexOf(text.charAt(i)) != i) {
                return false;
            }
        }
        return !text.isEmpty();
    }
}
