/** Networks of containers: their definitions, addresses, bridges, packet filter rules and names. */
module belljar.network {
    requires static org.jspecify;
    requires transitive belljar.failure;
    requires transitive belljar.json;
    requires transitive belljar.linux;

    exports belljar.network;
}
