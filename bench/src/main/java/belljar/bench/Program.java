package belljar.bench;

import java.util.List;

/**
 * A whole program as one side.
 *
 * @param name what to call it
 * @param command an absolute path and the arguments
 * @param launch starts it
 */
record Program(String name, List<String> command, Launch launch) implements Side {
    @Override
    public void run() {
        launch.run(command);
    }
}
