/** JSON for the start-up path: a small tree, a strict parser and a writer, without reflection. */
module belljar.json {
    requires static org.jspecify;

    exports belljar.json;
}
