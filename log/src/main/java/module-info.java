/** What containers wrote: log files, their formats, rotation, and readers that follow them. */
module belljar.log {
    requires static org.jspecify;
    requires transitive belljar.failure;
    requires transitive belljar.json;
    requires transitive belljar.linux;

    exports belljar.log;
}
