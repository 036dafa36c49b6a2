/** The virtual CPU that is the host's. */
module belljar.kvm {
    requires static org.jspecify;
    requires transitive belljar.failure;
    requires transitive belljar.machine;
    requires transitive belljar.translator;
    requires transitive belljar.linux;

    exports belljar.kvm;
}
