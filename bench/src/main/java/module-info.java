/** Module bench. */
module belljar.bench {
    requires static org.jspecify;
    requires belljar.failure;
    requires belljar.json;
    requires belljar.linux;
    requires belljar.image;
    requires belljar.sandbox;
    requires belljar.container;
    requires belljar.engine;
    requires belljar.microvm;
}
