/**
 * The Linux kernel's user-space interface as Java, for x86-64: system calls over the Foreign Function and Memory API,
 * the entry stub that makes calls inside a sandbox on Java's behalf, and the kernel's structures as data. No policy:
 * what a container should look like is decided above.
 */
module belljar.linux {
    requires static org.jspecify;
    requires transitive belljar.failure;

    exports belljar.linux;
}
