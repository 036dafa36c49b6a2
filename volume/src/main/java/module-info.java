/** Named directories that outlive containers. */
module belljar.volume {
    requires static org.jspecify;
    requires transitive belljar.failure;
    requires transitive belljar.json;
    requires transitive belljar.linux;

    exports belljar.volume;
}
