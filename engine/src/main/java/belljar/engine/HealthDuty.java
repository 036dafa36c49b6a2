package belljar.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Checks running containers by the clock. Each check has a platform thread of its own, since it waits in the kernel: so
 * a slow one delays no other.
 */
final class HealthDuty implements Helper.Duty {
    private final Health health;
    private final Set<String> underway = ConcurrentHashMap.newKeySet();
    private final Queue<String> problems = new ConcurrentLinkedQueue<>();

    HealthDuty(Health health) {
        this.health = health;
    }

    @Override
    public boolean needed() {
        return !health.timed().isEmpty();
    }

    @Override
    public List<String> run() {
        long now = System.currentTimeMillis();
        for (String id : health.timed()) {
            if (health.due(id) <= now && underway.add(id)) {
                Thread.ofPlatform().daemon().name("health of " + id).start(() -> check(id));
            }
        }
        List<String> said = new ArrayList<>();
        for (String problem = problems.poll(); problem != null; problem = problems.poll()) {
            said.add(problem);
        }
        return said;
    }

    private void check(String id) {
        try {
            String problem = health.checkByClock(id);
            if (!problem.isEmpty()) {
                problems.add(problem);
            }
        } finally {
            underway.remove(id);
        }
    }

    @Override
    public List<Path> watched() {
        return List.of(health.directory());
    }

    /** A check that is under way has nothing that lasts: its program ends with this process or by itself. */
    @Override
    public void close() {}
}
