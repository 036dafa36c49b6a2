package belljar.linux;

import java.util.Arrays;

/**
 * What the calling thread hands down to processes that it starts, as far as another process may change it at any time:
 * limits, scheduling, processors, cgroups, and the score for when memory runs out. What only this process could change
 * is not looked at, since it does not.
 */
public final class Inheritance {
    /** RLIM_NLIMITS of the kernel's asm-generic/resource.h. */
    private static final int LIMITS = 16;

    /** {@code struct sched_attr} of version 1, and the mask of as many CPUs as the kernel is ever built for. */
    private static final int SCHED_SIZE = 56;

    private static final int MASK_SIZE = 1024;
    private static final int SIZE = 16 * LIMITS + SCHED_SIZE + MASK_SIZE;
    private static final HostKernel HOST = HostKernel.INSTANCE;

    private final byte[] numbers;
    private final String texts;

    private Inheritance(byte[] numbers, String texts) {
        this.numbers = numbers;
        this.texts = texts;
    }

    /** {@return what the calling thread would hand down now} */
    public static Inheritance now() {
        byte[] numbers = new byte[SIZE];
        try (Memory memory = HOST.lend()) {
            long at = memory.allocate(SIZE);
            for (int limit = 0; limit < LIMITS; limit++) {
                HOST.call(Nr.PRLIMIT64, 0, limit, 0, at + 16L * limit);
            }
            HOST.call(Nr.SCHED_GETATTR, 0, at + 16 * LIMITS, SCHED_SIZE, 0);
            HOST.call(Nr.SCHED_GETAFFINITY, 0, MASK_SIZE, at + 16 * LIMITS + SCHED_SIZE);
            memory.bytes().get(memory.offset(at), numbers);
        }
        StringBuilder texts = new StringBuilder();
        KernelFile.read(KernelFile.AT_FDCWD, "/proc/thread-self/cgroup", texts);
        KernelFile.read(KernelFile.AT_FDCWD, "/proc/self/oom_score_adj", texts);
        return new Inheritance(numbers, texts.toString());
    }

    /**
     * {@return whether two are the same}
     *
     * @param other another
     */
    public boolean same(Inheritance other) {
        return Arrays.equals(numbers, other.numbers) && texts.equals(other.texts);
    }
}
