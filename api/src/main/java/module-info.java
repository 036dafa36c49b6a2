/** Belljar for Java programs. */
module belljar.api {
    requires static org.jspecify;
    requires transitive belljar.failure;
    requires transitive belljar.json;
    requires transitive belljar.image;
    requires transitive belljar.engine;
    requires transitive belljar.sandbox;
    requires belljar.linux;
    requires belljar.log;

    exports belljar.api;
}
