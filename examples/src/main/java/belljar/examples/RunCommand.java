package belljar.examples;

import belljar.api.Captured;
import belljar.api.ContainerPlan;
import belljar.api.Engine;

/** Runs one command in a container of its own and captures what it writes. */
final class RunCommand {
    private static final ContainerPlan PLAN = ContainerPlan.of("apt:busybox-static")
            .withCommand("busybox", "sh", "-c", "echo the name is $NAME")
            .withEnv("NAME", "Belljar")
            .withMemory(64L << 20);

    private RunCommand() {}

    public static void main(String[] args) throws InterruptedException {
        try (Engine engine = Engine.open()) {
            System.out.print(run(engine));
        }
    }

    static String run(Engine engine) throws InterruptedException {
        Captured said = engine.run(PLAN);
        return said.exit().isSuccess() ? said.output() : said.error();
    }
}
