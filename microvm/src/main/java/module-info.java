/** Whole virtual machines. */
module belljar.microvm {
    requires static org.jspecify;
    requires transitive belljar.failure;
    requires transitive belljar.image;
    requires transitive belljar.machine;
    requires belljar.linux;
    requires belljar.translator;
    requires transitive belljar.virtio;
    requires belljar.kvm;
    requires org.tukaani.xz;

    exports belljar.microvm;
}
