/** Module translator. */
module belljar.translator {
    requires static org.jspecify;
    requires transitive belljar.failure;
    requires transitive belljar.machine;

    exports belljar.translator;
}
