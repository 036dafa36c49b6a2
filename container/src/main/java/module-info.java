/** Module container. */
module belljar.container {
    requires static org.jspecify;
    requires transitive belljar.failure;
    requires transitive belljar.json;
    requires transitive belljar.linux;
    requires transitive belljar.sandbox;

    exports belljar.container;
}
