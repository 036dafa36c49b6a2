package belljar.bench;

import java.util.List;

/** A whole program as one side, after others that bring about what it starts from; it counts its processor time. */
final class Timed implements Side {
    private final String name;
    private final List<List<String>> before;
    private final List<String> command;
    private final Launch launch;
    private final Samples processor = new Samples();

    /**
     * @param name what to call it
     * @param before commands that are not timed
     * @param command the one that is
     * @param launch starts them
     */
    Timed(String name, List<List<String>> before, List<String> command, Launch launch) {
        this.name = name;
        this.before = before;
        this.command = command;
        this.launch = launch;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean ours() {
        return name.startsWith("belljar ");
    }

    @Override
    public void prepare() {
        for (List<String> each : before) {
            launch.run(each);
        }
    }

    @Override
    public void run() {
        long start = Processor.children();
        launch.run(command);
        processor.add(Processor.children() - start);
    }

    /** {@return the processor time of each run, uncounted ones too} */
    Samples processor() {
        return processor;
    }

    /**
     * {@return a line that compares processor times}
     *
     * @param ours Belljar's side
     * @param theirs the other
     */
    static String compare(Timed ours, Timed theirs) {
        return "processor time, medians: " + ours.name + " "
                + Table.duration(ours.processor.median()) + ", " + theirs.name + " "
                + Table.duration(theirs.processor.median()) + ", ratio "
                + Table.ratio((double) ours.processor.median() / theirs.processor.median());
    }
}
