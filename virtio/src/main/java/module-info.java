/** Module virtio. */
module belljar.virtio {
    requires static org.jspecify;
    requires transitive belljar.failure;
    requires transitive belljar.machine;

    exports belljar.virtio;
}
