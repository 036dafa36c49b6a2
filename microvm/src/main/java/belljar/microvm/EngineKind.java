package belljar.microvm;

/** Who executes a machine's instructions. */
public enum EngineKind {
    /** The hardware, through {@code /dev/kvm}. */
    KVM,
    /** Belljar's own virtual CPU, on any host. */
    TRANSLATOR
}
