package belljar.translator;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Which pages of a machine's memory hold code that some CPU has decoded, and how often each has changed since. A page
 * that holds code is never in a TLB as writable: a write to it comes here first, and makes what was decoded void.
 * Shared by the CPUs of a machine.
 */
final class CodePages {
    private static final VarHandle VERSION = MethodHandles.arrayElementVarHandle(int[].class);

    private final int[] versions;
    private final boolean[] code;

    CodePages(long memory) {
        int pages = Math.toIntExact(memory >>> 12);
        versions = new int[pages];
        code = new boolean[pages];
    }

    /** {@return how often the code of a page has changed} */
    int version(int page) {
        return versions[page];
    }

    boolean isCode(int page) {
        return code[page];
    }

    /** Notes that a page is about to be decoded; {@return whether it was not code before} */
    boolean mark(int page) {
        boolean fresh = !code[page];
        code[page] = true;
        return fresh;
    }

    /** Notes that a page is written to. */
    void written(int page) {
        if (code[page]) {
            code[page] = false;
            VERSION.getAndAdd(versions, page, 1);
        }
    }
}
