/** Module sandbox. */
module belljar.sandbox {
    requires static org.jspecify;
    requires transitive belljar.failure;

    exports belljar.sandbox;
}
