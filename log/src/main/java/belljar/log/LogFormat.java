package belljar.log;

/** How a log file's lines look. Readers tell by the first byte; writers must be told. */
public enum LogFormat {
    /**
     * That of the Kubernetes container runtime interface (design proposal "kubelet-cri-logging"):
     * {@code 2026-11-23T02:43:03.123456789Z stdout F text}, with {@code P} for a piece that the next entry of its
     * stream continues.
     */
    CRI,
    /**
     * That of Docker's json-file driver: <code>{"log":"text\n","stream":"stdout","time":"..."}</code>; an entry whose
     * text does not end in a newline is continued by the next of its stream. Bytes that are no UTF-8 stand as they are,
     * so that nothing is lost.
     */
    JSON
}
