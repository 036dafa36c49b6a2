package belljar.cli;

import belljar.container.ContainerProcess;
import belljar.engine.Engine;
import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code belljar top}. */
final class TopCommand implements Command {
    private static final List<String> DEFAULT = List.of("user", "pid", "ppid", "pcpu", "etime", "tty", "time", "args");

    @Override
    public String name() {
        return "top";
    }

    @Override
    public String usage() {
        return "CONTAINER [COLUMN...]";
    }

    @Override
    public String summary() {
        return "show the processes of a container";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("latest", 'l', "the container that was made last")
                .flag("help", 'h', "show this help, and the columns: " + String.join(" ", TopColumns.names()));
    }

    @Override
    public boolean endsAtOperand() {
        return true;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Engine engine = session.engine();
        String container = ContainerOperands.one(arguments, engine);
        List<String> operands = arguments.operands();
        List<String> columns = columns(operands.subList(arguments.flag("latest") ? 0 : 1, operands.size()));
        String[] headings = new String[2 * columns.size()];
        for (int i = 0; i < columns.size(); i++) {
            headings[2 * i] = columns.get(i);
            headings[2 * i + 1] = TopColumns.heading(columns.get(i));
        }
        List<ContainerProcess> processes = engine.processes(container);
        TopColumns names = new TopColumns(engine, container, processes);
        Listing listing = new Listing(headings);
        for (ContainerProcess process : processes) {
            Map<String, String> row = new LinkedHashMap<>();
            for (String column : columns) {
                row.put(column, names.value(column, process));
            }
            listing.add(row);
        }
        session.out().print(listing.render(""));
        return 0;
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
