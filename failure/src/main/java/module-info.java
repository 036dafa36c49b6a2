/** Failures, by who must act. Depends on nothing, so that every module can use it. */
module belljar.failure {
    requires static org.jspecify;

    exports belljar.failure;
}
