package belljar.cli;

import belljar.container.ContainerProcess;
import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import belljar.engine.PodRecord;
import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code belljar top} and {@code belljar pod top}. */
final class TopCommand implements Command {
    private static final List<String> DEFAULT = List.of("user", "pid", "ppid", "pcpu", "etime", "tty", "time", "args");

    private final boolean pod;

    /** @param pod whether a pod is named, whose containers are meant */
    TopCommand(boolean pod) {
        this.pod = pod;
    }

    @Override
    public String name() {
        return pod ? "pod top" : "top";
    }

    @Override
    public String usage() {
        return (pod ? "POD" : "CONTAINER") + " [COLUMN...]";
    }

    @Override
    public String summary() {
        return "show the processes of a " + (pod ? "pod" : "container");
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("latest", 'l', "the " + (pod ? "pod" : "container") + " that was made last")
                .flag("help", 'h', "show this help, and the columns: " + String.join(" ", TopColumns.names()));
    }

    @Override
    public boolean endsAtOperand() {
        return true;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Engine engine = session.engine();
        List<String> containers = pod ? members(arguments, engine) : List.of(ContainerOperands.one(arguments, engine));
        List<String> operands = arguments.operands();
        List<String> columns = columns(operands.subList(arguments.flag("latest") ? 0 : 1, operands.size()));
        String[] headings = new String[2 * columns.size()];
        for (int i = 0; i < columns.size(); i++) {
            headings[2 * i] = columns.get(i);
            headings[2 * i + 1] = TopColumns.heading(columns.get(i));
        }
        Listing listing = new Listing(headings);
        for (String container : containers) {
            List<ContainerProcess> processes = engine.processes(container);
            TopColumns names = new TopColumns(engine, container, processes);
            for (ContainerProcess process : processes) {
                Map<String, String> row = new LinkedHashMap<>();
                for (String column : columns) {
                    row.put(column, names.value(column, process));
                }
                listing.add(row);
            }
        }
        session.out().print(listing.render(""));
        return 0;
    }

    private static List<String> members(Arguments arguments, Engine engine) {
        PodRecord chosen = PodOperands.one(arguments, engine.pods());
        List<String> running = new ArrayList<>();
        for (ContainerRecord record : engine.pods().containers(chosen)) {
            if (record.lives()) {
                running.add(record.id());
            }
        }
        if (running.isEmpty()) {
            throw new UserException(
                    "no container of the pod '" + chosen.name() + "' runs; 'belljar pod start' starts them");
        }
        return running;
    }

    private static List<String> columns(List<String> operands) {
        List<String> columns = new ArrayList<>();
        for (String operand : operands) {
            for (String word : Text.split(operand.replace(' ', ','), ',')) {
                if (!word.isEmpty()) {
                    columns.add(TopColumns.checked(word));
                }
            }
        }
        if (columns.isEmpty() && !operands.isEmpty()) {
            throw new UserException("the column's name is empty; there are " + String.join(", ", TopColumns.names()));
        }
        return columns.isEmpty() ? DEFAULT : columns;
    }
}
