/** Container images: names, documents, store, transports. */
module belljar.image {
    requires static org.jspecify;
    requires transitive belljar.failure;
    requires transitive belljar.json;
    requires transitive belljar.linux;
    requires aircompressor.v3;
    requires java.net.http;
    requires org.tukaani.xz;

    exports belljar.image;
}
