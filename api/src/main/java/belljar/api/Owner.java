package belljar.api;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Which JVM a container is bound to, as an annotation that outlives the JVM. */
final class Owner {
    private static final String NAME = "belljar.api.owner";

    /** What marks the containers of this JVM: its process id and when that process was started. */
    static final Map<String, String> ANNOTATIONS = Map.of(
            NAME,
            ProcessHandle.current().pid() + " "
                    + startTime(ProcessHandle.current().pid()));

    private Owner() {}

    /** {@return whether these are the annotations of a container whose JVM has ended} */
    static boolean isGone(Map<String, String> annotations) {
        String owner = annotations.getOrDefault(NAME, "");
        int space = owner.indexOf(' ');
        if (space < 0) {
            return false;
        }
        try {
            long pid = Long.parseLong(owner, 0, space, 10);
            return !startTime(pid).equals(owner.substring(space + 1));
        } catch (NumberFormatException notOurs) {
            return false;
        }
    }

    /** {@return field 22 of proc_pid_stat(5); empty when there is no such process} */
    private static String startTime(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            // The name in field 2 may hold anything, so counting starts behind its last bracket, with field 3.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return fields[0].equals("Z") || fields[0].equals("X") ? "" : fields[22 - 3];
        } catch (IOException gone) {
            return "";
        }
    }
}
