package belljar.engine;

import belljar.failure.HostException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** What an engine does for the checks of its containers. */
final class HealthActions implements Health.Actions {
    private final Engine engine;
    private final HelperStart helper;
    private final Afterwards program;

    /**
     * @param helper starts the helper process
     * @param program knows how this program is started
     */
    HealthActions(Engine engine, HelperStart helper, Afterwards program) {
        this.engine = engine;
        this.helper = helper;
        this.program = program;
    }

    @Override
    public int exec(String id, ExecRequest request, RunIo io) {
        return engine.exec(id, request, io);
    }

    @Override
    public void stop(String id) {
        engine.stop(id, Optional.empty());
    }

    /** By a process of its own where that can be: the container's keeper would else be a child of one that stays. */
    @Override
    public void restart(String id) {
        List<String> command = program.command("restart", id);
        if (command.isEmpty()) {
            engine.restart(id, Optional.empty());
            return;
        }
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            if (process.waitFor() != 0) {
                throw new HostException(
                        "restarting the container " + id.substring(0, 12) + " failed; 'belljar restart' says why",
                        (Throwable) null);
            }
        } catch (IOException e) {
            throw new HostException("cannot start this program to restart a container: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void keep() {
        helper.ensure(false);
    }
}
