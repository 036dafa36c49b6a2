/** Module engine. */
module belljar.engine {
    requires static org.jspecify;
    requires transitive belljar.failure;
    requires transitive belljar.json;
    requires transitive belljar.linux;
    requires transitive belljar.log;
    requires transitive belljar.network;
    requires transitive belljar.volume;
    requires transitive belljar.image;
    requires transitive belljar.sandbox;
    requires transitive belljar.container;

    exports belljar.engine;
}
