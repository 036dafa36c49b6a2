/** Module machine. */
module belljar.machine {
    requires static org.jspecify;
    requires transitive belljar.failure;
    requires aircompressor.v3;
    requires org.tukaani.xz;

    exports belljar.machine;
}
