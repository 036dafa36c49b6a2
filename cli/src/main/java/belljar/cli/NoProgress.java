package belljar.cli;

/** Shows nothing. */
final class NoProgress implements ProgressDisplay {
    @Override
    public void started(String id, String label, long totalBytes) {}

    @Override
    public void advanced(String id, long bytes) {}

    @Override
    public void finished(String id, String note) {}

    @Override
    public void message(String line) {}

    @Override
    public void close() {}
}
