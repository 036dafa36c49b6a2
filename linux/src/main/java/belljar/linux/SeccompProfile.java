package belljar.linux;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a process may ask of the kernel: for each system call of each interface an action, which may depend on the
 * call's arguments. Immutable. {@link SeccompCompiler} turns a profile into a program that the kernel runs;
 * {@link #decide} is the same in words that need no program.
 *
 * <p>Meaning, in this order:
 *
 * <ol>
 *   <li>A call of an interface that the profile does not list kills the process; for x32, where x86-64 is listed, it
 *       fails with ENOSYS, as on a kernel without x32.
 *   <li>The call's conditional rules are tried in the order in which they were added; the first whose conditions all
 *       hold decides.
 *   <li>Else the call's unconditional rule decides, the first one added.
 *   <li>Else, where the default action refuses calls, a call newer than the newest that the profile has a rule for
 *       fails with ENOSYS. A program that gets EPERM for a call its author never heard of has no reason to fall back to
 *       the older call; ENOSYS is what it is prepared for.
 *   <li>Else the default action.
 * </ol>
 */
public final class SeccompProfile {
    /** What happens to a call, with the constants of {@code linux/seccomp.h}. */
    public enum Kind {
        /** The process dies by SIGSYS. */
        KILL_PROCESS(0x80000000),
        /** The thread dies by SIGSYS. */
        KILL_THREAD(0),
        /** The thread gets SIGSYS; the value reaches its handler. */
        TRAP(0x00030000),
        /** The call fails; the value is the errno, 0 to 4095. */
        ERRNO(0x00050000),
        /** A supervisor decides. */
        NOTIFY(0x7fc00000),
        /** A tracer decides; the value is its message. Without a tracer the call fails with ENOSYS. */
        TRACE(0x7ff00000),
        /** The call is made and logged. */
        LOG(0x7ffc0000),
        /** The call is made. */
        ALLOW(0x7fff0000);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        /** {@return whether the call does not happen, and nobody else may say otherwise} */
        boolean refuses() {
            return this == KILL_PROCESS || this == KILL_THREAD || this == TRAP || this == ERRNO;
        }
    }

    /**
     * An action.
     *
     * @param kind what happens
     * @param value its 16 bits of detail, 0 where the kind has none
     */
    public record Action(Kind kind, int value) {
        /** The call is made. */
        public static final Action ALLOW = new Action(Kind.ALLOW, 0);

        /** The process dies. */
        public static final Action KILL_PROCESS = new Action(Kind.KILL_PROCESS, 0);

        /** Checks the value's range. */
        public Action {
            if (value < 0 || value > (kind == Kind.ERRNO ? 4095 : 0xffff)) {
                throw new IllegalArgumentException("seccomp action " + kind + " cannot carry the value " + value);
            }
        }

        /**
         * {@return the action that makes a call fail}
         *
         * @param errno the positive errno, at most 4095
         */
        public static Action errno(int errno) {
            return new Action(Kind.ERRNO, errno);
        }

        /** {@return what the filter program returns to the kernel} */
        int code() {
            return kind.code | value;
        }

        // A record's own equals is linked at run time when first called, which costs a starting process milliseconds.
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Action action && action.kind == kind && action.value == value;
        }

        @Override
        public int hashCode() {
            return code();
        }
    }

    /** How an argument is compared; all comparisons are unsigned, of 64 bits, or of 32 for X86 and X32. */
    public enum Comparison {
        /** Not equal. */
        NE,
        /** Less. */
        LT,
        /** Less or equal. */
        LE,
        /** Equal. */
        EQ,
        /** Greater or equal. */
        GE,
        /** Greater. */
        GT,
        /** Equal in the bits of a mask. */
        MASKED_EQ
    }

    /**
     * A condition on one argument of a call.
     *
     * @param argument which argument, 0 to 5
     * @param comparison how it is compared
     * @param value what it is compared with; for {@link Comparison#MASKED_EQ} the mask
     * @param second for {@link Comparison#MASKED_EQ} what the masked bits are compared with; else unused
     */
    public record Condition(int argument, Comparison comparison, long value, long second) {
        /** Checks the argument's index. */
        public Condition {
            if (argument < 0 || argument > 5) {
                throw new IllegalArgumentException("a system call has no argument " + argument);
            }
        }

        /**
         * {@return whether the condition holds}
         *
         * @param full the argument's 64 bits
         * @param narrow whether only the low 32 count
         */
        boolean holds(long full, boolean narrow) {
            long mask = narrow ? 0xffffffffL : -1L;
            long arg = full & mask;
            int order = Long.compareUnsigned(arg, value & mask);
            return switch (comparison) {
                case NE -> order != 0;
                case LT -> order < 0;
                case LE -> order <= 0;
                case EQ -> order == 0;
                case GE -> order >= 0;
                case GT -> order > 0;
                case MASKED_EQ -> (arg & value) == (second & value & mask);
            };
        }
    }

    /** What one call's rules say; shared between calls that are treated alike. */
    static final class Verdict {
        final Condition[][] conditions;
        final Action[] actions;
        final @Nullable Action otherwise;

        Verdict(Condition[][] conditions, Action[] actions, @Nullable Action otherwise) {
            this.conditions = conditions;
            this.actions = actions;
            this.otherwise = otherwise;
        }
    }

    private static final Verdict NO_RULE = new Verdict(new Condition[0][], new Action[0], null);

    private final Action defaultAction;
    private final int flags;

    /** For each interface the verdicts by number, null where a call has no rule; null where it is not listed. */
    private final @Nullable Verdict[] @Nullable [] verdicts;

    private SeccompProfile(Action defaultAction, int flags, @Nullable Verdict[] @Nullable [] verdicts) {
        this.defaultAction = defaultAction;
        this.flags = flags;
        this.verdicts = verdicts;
    }

    /** {@return what happens to calls without a rule} */
    public Action defaultAction() {
        return defaultAction;
    }

    /** {@return the {@code SECCOMP_FILTER_FLAG_*} bits to install the program with} */
    public int flags() {
        return flags;
    }

    /**
     * {@return whether the profile lets an interface through at all}
     *
     * @param abi which
     */
    public boolean lists(SyscallAbi abi) {
        return verdicts[abi.ordinal()] != null;
    }

    /**
     * {@return the numbers that verdicts may exist for: 0 to this, exclusively; 0 where the interface is not listed}
     *
     * @param abi which
     */
    int limit(SyscallAbi abi) {
        @Nullable Verdict @Nullable [] table = verdicts[abi.ordinal()];
        return table == null ? 0 : table.length;
    }

    /**
     * {@return what the rules say of a call}
     *
     * @param abi a listed interface
     * @param number a number below {@link #limit}
     */
    Verdict verdict(SyscallAbi abi, int number) {
        @Nullable Verdict @Nullable [] table = verdicts[abi.ordinal()];
        Verdict verdict = table == null ? null : table[number];
        return verdict == null ? NO_RULE : verdict;
    }

    /** {@return what happens to calls newer than all that the profile has rules for} */
    Action newerAction() {
        return defaultAction.kind.refuses() ? Action.errno(Errno.ENOSYS) : defaultAction;
    }

    /**
     * {@return what happens to a call}
     *
     * @param abi the interface it is made through
     * @param number its number, without x32's bit
     * @param args its six arguments
     */
    public Action decide(SyscallAbi abi, int number, long[] args) {
        if (!lists(abi)) {
            boolean x32 = abi == SyscallAbi.X32 && lists(SyscallAbi.X86_64);
            return x32 ? Action.errno(Errno.ENOSYS) : Action.KILL_PROCESS;
        }
        if (number < 0 || number >= limit(abi)) {
            return newerAction();
        }
        Verdict verdict = verdict(abi, number);
        for (int i = 0; i < verdict.actions.length; i++) {
            boolean all = true;
            for (Condition condition : verdict.conditions[i]) {
                all &= condition.holds(args[condition.argument], abi != SyscallAbi.X86_64);
            }
            if (all) {
                return verdict.actions[i];
            }
        }
        return verdict.otherwise != null ? verdict.otherwise : defaultAction;
    }

    /**
     * {@return a builder of a profile without rules and interfaces}
     *
     * @param defaultAction what happens to calls without a rule
     */
    public static Builder builder(Action defaultAction) {
        return new Builder(defaultAction);
    }

    /** Collects rules. Not safe for use by several threads. */
    public static final class Builder {
        private final Action defaultAction;
        private int flags;
        private final Verdict[] plain = new Verdict[Kind.values().length];
        private final @Nullable Verdict[] @Nullable [] verdicts = new Verdict[SyscallAbi.values().length][];

        private Builder(Action defaultAction) {
            this.defaultAction = defaultAction;
        }

        /**
         * Lists an interface, so that its calls do not kill.
         *
         * @param abi which
         * @return this builder
         */
        public Builder list(SyscallAbi abi) {
            if (verdicts[abi.ordinal()] == null) {
                verdicts[abi.ordinal()] = new Verdict[0];
            }
            return this;
        }

        /**
         * Sets the flags to install the program with.
         *
         * @param flags {@code SECCOMP_FILTER_FLAG_*} bits
         * @return this builder
         */
        public Builder flags(int flags) {
            this.flags = flags;
            return this;
        }

        /**
         * Adds a rule, and lists its interface.
         *
         * @param abi the interface
         * @param number the call's number in it, without x32's bit, 0 to 4095
         * @param action what happens
         * @param conditions on which conditions, all of which must hold; none for always
         * @return this builder
         */
        public Builder rule(SyscallAbi abi, int number, Action action, Condition... conditions) {
            if (number < 0 || number > 4095) {
                throw new IllegalArgumentException("no system call has the number " + number);
            }
            list(abi);
            @Nullable Verdict @Nullable [] table = verdicts[abi.ordinal()];
            if (table == null || table.length <= number) {
                table = table == null ? new Verdict[number + 1] : Arrays.copyOf(table, number + 1);
                verdicts[abi.ordinal()] = table;
            }
            Verdict old = table[number];
            table[number] = old == null && conditions.length == 0 ? plain(action) : with(old, action, conditions);
            return this;
        }

        /** One verdict object for all calls with the same plain action: the compiler tells them apart by identity. */
        private Verdict plain(Action action) {
            Verdict shared = plain[action.kind.ordinal()];
            if (shared == null || !action.equals(shared.otherwise)) {
                shared = new Verdict(new Condition[0][], new Action[0], action);
                plain[action.kind.ordinal()] = shared;
            }
            return shared;
        }

        private static Verdict with(@Nullable Verdict old, Action action, Condition[] conditions) {
            Verdict base = old == null ? NO_RULE : old;
            if (conditions.length == 0) {
                return base.otherwise != null ? base : new Verdict(base.conditions, base.actions, action);
            }
            int n = base.actions.length;
            Condition[][] moreConditions = Arrays.copyOf(base.conditions, n + 1);
            Action[] moreActions = Arrays.copyOf(base.actions, n + 1);
            moreConditions[n] = conditions.clone();
            moreActions[n] = action;
            return new Verdict(moreConditions, moreActions, base.otherwise);
        }

        /** {@return the profile} */
        public SeccompProfile build() {
            @Nullable Verdict[] @Nullable [] copy = new Verdict[verdicts.length][];
            for (int i = 0; i < verdicts.length; i++) {
                @Nullable Verdict @Nullable [] table = verdicts[i];
                copy[i] = table == null ? null : table.clone();
            }
            return new SeccompProfile(defaultAction, flags, copy);
        }
    }
}
