/** The command line. */
module belljar.cli {
    requires static org.jspecify;
    requires transitive belljar.failure;
    requires transitive belljar.json;
    requires transitive belljar.linux;
    requires transitive belljar.log;
    requires transitive belljar.volume;
    requires transitive belljar.image;
    requires transitive belljar.sandbox;
    requires transitive belljar.container;
    requires transitive belljar.engine;
    requires belljar.microvm;

    exports belljar.cli;
}
