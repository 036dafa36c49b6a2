package belljar.api;

import java.nio.file.Path;

/** A program that starts a container, tells its name and waits until it is killed. */
final class Victim {
    private Victim() {}

    public static void main(String[] args) throws InterruptedException {
        Path dir = Path.of(args[0]);
        Engine engine = Engine.open(dir.resolve("root"), dir.resolve("state"));
        Container container = engine.start(ContainerPlan.of(args[1]).withCommand("sleep", "1000"));
        System.out.println(container.name());
        container.waitFor();
    }
}
