package belljar.container;

import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import belljar.linux.Capability;
import belljar.linux.CapabilitySet;
import belljar.linux.Errno;
import belljar.linux.SeccompProfile;
import belljar.linux.SeccompProfile.Action;
import belljar.linux.SeccompProfile.Comparison;
import belljar.linux.SeccompProfile.Condition;
import belljar.linux.SeccompProfile.Kind;
import belljar.linux.SyscallAbi;
import belljar.linux.SyscallTable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads seccomp profiles in Docker's JSON format, with Podman's {@code errno} names, into the meaning that they have
 * with libseccomp:
 *
 * <ul>
 *   <li>a rule without conditions beats those with conditions for the same call, and the first such rule counts;
 *   <li>a rule whose action is the default action is no rule;
 *   <li>for 32-bit programs a rule without conditions for a socket or System V IPC call also holds for the old way to
 *       make it, through socketcall(2) or ipc(2). One with conditions cannot, since those calls' arguments are in
 *       memory.
 * </ul>
 *
 * <p>Names of other processors' calls, and of calls newer than Belljar, are passed over where that leaves them refused;
 * where it would leave them allowed, they are an error. So is every member that the format does not have: a misspelt
 * condition would widen the profile.
 */
final class SeccompJson {
    private static final Set<String> PROFILE_MEMBERS = Set.of(
            "defaultAction",
            "defaultErrnoRet",
            "defaultErrno",
            "architectures",
            "archMap",
            "flags",
            "syscalls",
            "comment");
    private static final Set<String> RULE_MEMBERS =
            Set.of("names", "name", "action", "errnoRet", "errno", "args", "comment", "includes", "excludes");
    private static final Set<String> FILTER_MEMBERS = Set.of("caps", "arches", "minKernel");
    private static final Set<String> ARGUMENT_MEMBERS = Set.of("index", "value", "valueTwo", "op");

    /** Calls in the order of socketcall(2)'s first argument, from 1; then those of ipc(2) with theirs. */
    private static final List<String> SOCKET_CALLS = List.of(
            "socket",
            "bind",
            "connect",
            "listen",
            "accept",
            "getsockname",
            "getpeername",
            "socketpair",
            "send",
            "recv",
            "sendto",
            "recvfrom",
            "shutdown",
            "setsockopt",
            "getsockopt",
            "sendmsg",
            "recvmsg",
            "accept4",
            "recvmmsg",
            "sendmmsg");

    private static final List<String> IPC_CALLS = List.of(
            "",
            "semop",
            "semget",
            "semctl",
            "semtimedop",
            "",
            "",
            "",
            "",
            "",
            "",
            "msgsnd",
            "msgrcv",
            "msgget",
            "msgctl",
            "",
            "",
            "",
            "",
            "",
            "",
            "shmat",
            "shmdt",
            "shmget",
            "shmctl");

    private static final List<String> FLAGS = List.of(
            "SECCOMP_FILTER_FLAG_TSYNC",
            "SECCOMP_FILTER_FLAG_LOG",
            "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
            "SECCOMP_FILTER_FLAG_NEW_LISTENER",
            "SECCOMP_FILTER_FLAG_TSYNC_ESRCH",
            "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV");

    private record Rule(SyscallAbi abi, int number, Action action, List<Condition> conditions) {}

    private final String name;
    private final CapabilitySet granted;
    private final List<SyscallAbi> abis = new ArrayList<>();
    private final List<Rule> rules = new ArrayList<>();
    private Action defaultAction = Action.KILL_PROCESS;

    private SeccompJson(String name, CapabilitySet granted) {
        this.name = name;
        this.granted = granted;
    }

    /**
     * {@return the profile that a document describes}
     *
     * @param name where the document came from, for messages
     * @param text the document
     * @param granted the most capabilities that the processes can have, which rules may ask for
     * @throws UserException if it is no profile; the message names the member at fault
     */
    static SeccompProfile read(String name, String text, CapabilitySet granted) {
        SeccompJson reader = new SeccompJson(name, granted);
        try {
            return reader.profile(Json.parse(text).asObject());
        } catch (JsonException e) {
            throw reader.wrong(e.getMessage());
        }
    }

    private UserException wrong(String what) {
        return new UserException("the seccomp profile " + name + " cannot be used: " + what);
    }

    private void known(JsonObject object, Set<String> members, String where) {
        for (String member : object.members().keySet()) {
            if (!members.contains(member)) {
                throw wrong(where + "member '" + member + "' is not one of the format's");
            }
        }
    }

    private SeccompProfile profile(JsonObject json) throws JsonException {
        if (json.has("listenerPath") || json.has("listenerMetadata")) {
            throw wrong(
                    "member 'listenerPath' asks for a supervisor that judges calls, which Belljar does not talk to");
        }
        known(json, PROFILE_MEMBERS, "");
        defaultAction =
                action(json.text("defaultAction"), json, "defaultErrnoRet", "defaultErrno", "member 'defaultAction': ");
        architectures(json);
        List<Json> list = json.list("syscalls");
        for (int i = 0; i < list.size(); i++) {
            String where = "member 'syscalls'[" + i + "]: ";
            try {
                rule(list.get(i).asObject(), where);
            } catch (JsonException e) {
                throw wrong(where + e.getMessage());
            }
        }
        SeccompProfile.Builder builder = SeccompProfile.builder(defaultAction).flags(flags(json.texts("flags")));
        for (SyscallAbi abi : abis) {
            builder.list(abi);
        }
        Set<Long> unconditional = new HashSet<>();
        for (Rule rule : rules) {
            if (rule.conditions.isEmpty()) {
                unconditional.add(key(rule));
            }
        }
        for (Rule rule : rules) {
            if (rule.conditions.isEmpty() || !unconditional.contains(key(rule))) {
                builder.rule(rule.abi, rule.number, rule.action, rule.conditions.toArray(new Condition[0]));
            }
        }
        return builder.build();
    }

    private static long key(Rule rule) {
        return (long) rule.abi.ordinal() << 32 | rule.number;
    }

    private int flags(List<String> names) {
        int flags = 0;
        for (String flag : names) {
            int bit = FLAGS.indexOf(flag);
            if (bit < 0) {
                throw wrong("member 'flags': '" + flag + "' is not a flag of seccomp(2)");
            }
            flags |= 1 << bit;
        }
        return flags;
    }

    private void architectures(JsonObject json) throws JsonException {
        // The machine's own is always there, as with libseccomp: nothing could run without it.
        abis.add(SyscallAbi.X86_64);
        List<Json> map = json.list("archMap");
        List<String> named = json.texts("architectures");
        if (!map.isEmpty() && !named.isEmpty()) {
            throw wrong("members 'architectures' and 'archMap' exclude each other");
        }
        for (String architecture : named) {
            architecture(architecture, "architectures");
        }
        for (Json item : map) {
            JsonObject entry = item.asObject();
            if (entry.text("architecture").equals("SCMP_ARCH_X86_64")) {
                for (String architecture : entry.texts("subArchitectures")) {
                    architecture(architecture, "archMap");
                }
            }
        }
    }

    private void architecture(String text, String member) {
        if (!text.startsWith("SCMP_ARCH_")) {
            throw wrong("member '" + member + "': '" + text + "' is not an architecture, such as SCMP_ARCH_X86_64");
        }
        // Architectures of other processors never run here.
        SyscallAbi abi = switch (text) {
            case "SCMP_ARCH_X86" -> SyscallAbi.X86;
            case "SCMP_ARCH_X32" -> SyscallAbi.X32;
            default -> SyscallAbi.X86_64;
        };
        if (!abis.contains(abi)) {
            abis.add(abi);
        }
    }

    private Action action(String text, JsonObject json, String number, String errnoName, String where)
            throws JsonException {
        Kind kind = switch (text) {
            case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD" -> Kind.KILL_THREAD;
            case "SCMP_ACT_KILL_PROCESS" -> Kind.KILL_PROCESS;
            case "SCMP_ACT_TRAP" -> Kind.TRAP;
            case "SCMP_ACT_ERRNO" -> Kind.ERRNO;
            case "SCMP_ACT_TRACE" -> Kind.TRACE;
            case "SCMP_ACT_ALLOW" -> Kind.ALLOW;
            case "SCMP_ACT_LOG" -> Kind.LOG;
            case "SCMP_ACT_NOTIFY" -> Kind.NOTIFY;
            default -> throw wrong(where + "'" + text + "' is not an action, such as SCMP_ACT_ALLOW");
        };
        if (kind != Kind.ERRNO && kind != Kind.TRACE) {
            return new Action(kind, 0);
        }
        long value = json.number(number, Errno.EPERM);
        if (!json.has(number) && json.has(errnoName)) {
            value = errno(json.text(errnoName), where);
        }
        if (value < 0 || value > (kind == Kind.ERRNO ? 4095 : 65535)) {
            throw wrong(where + "member '" + number + "': " + value + " is not an errno");
        }
        return new Action(kind, (int) value);
    }

    private int errno(String text, String where) {
        for (int errno = 1; errno < 134; errno++) {
            if (Errno.name(errno).equals(text)) {
                return errno;
            }
        }
        throw wrong(where + "'" + text + "' is not the name of an errno, such as EPERM");
    }

    private void rule(JsonObject json, String where) throws JsonException {
        known(json, RULE_MEMBERS, where);
        List<String> names = new ArrayList<>(json.texts("names"));
        if (json.has("name") != names.isEmpty()) {
            throw wrong(where + "it needs either member 'names' or member 'name'");
        }
        if (names.isEmpty()) {
            names.add(json.text("name"));
        }
        Action action = action(json.text("action"), json, "errnoRet", "errno", where);
        List<Json> args = json.list("args");
        List<Condition> conditions = new ArrayList<>();
        for (int i = 0; i < args.size(); i++) {
            conditions.add(condition(args.get(i).asObject(), where + "member 'args'[" + i + "]: "));
        }
        boolean included = matches(json.object("includes"), true, where + "member 'includes': ");
        boolean excluded = matches(json.object("excludes"), false, where + "member 'excludes': ");
        if (!included || excluded || action.equals(defaultAction)) {
            return;
        }
        for (String call : names) {
            add(call, action, conditions, where);
        }
    }

    private void add(String call, Action action, List<Condition> conditions, String where) {
        boolean known = false;
        for (SyscallAbi abi : SyscallAbi.values()) {
            int number = SyscallTable.of(abi).number(call);
            known |= number >= 0;
            if (number >= 0 && abis.contains(abi)) {
                rules.add(new Rule(abi, number, action, conditions));
            }
        }
        boolean widens = defaultAction.kind() == Kind.ALLOW || defaultAction.kind() == Kind.LOG;
        if (!known && widens) {
            throw wrong(where + "'" + call + "' is not a system call that Belljar knows, and the default action "
                    + "would allow it");
        }
        if (conditions.isEmpty() && abis.contains(SyscallAbi.X86)) {
            int socket = SOCKET_CALLS.indexOf(call);
            if (socket >= 0) {
                old("socketcall", Comparison.EQ, socket + 1, 0, action);
            }
            int ipc = call.isEmpty() ? -1 : IPC_CALLS.indexOf(call);
            if (ipc > 0) {
                // The upper half of ipc's first argument is a version.
                old("ipc", Comparison.MASKED_EQ, 0xffff, ipc, action);
            }
        }
    }

    private void old(String call, Comparison comparison, long value, long second, Action action) {
        int number = SyscallTable.of(SyscallAbi.X86).number(call);
        List<Condition> which = List.of(new Condition(0, comparison, value, second));
        rules.add(new Rule(SyscallAbi.X86, number, action, which));
    }

    private Condition condition(JsonObject json, String where) throws JsonException {
        known(json, ARGUMENT_MEMBERS, where);
        long index = json.number("index", -1);
        if (index < 0 || index > 5) {
            throw wrong(where + "member 'index' must be from 0 to 5");
        }
        String op = json.text("op");
        Comparison comparison = switch (op) {
            case "SCMP_CMP_NE" -> Comparison.NE;
            case "SCMP_CMP_LT" -> Comparison.LT;
            case "SCMP_CMP_LE" -> Comparison.LE;
            case "SCMP_CMP_EQ" -> Comparison.EQ;
            case "SCMP_CMP_GE" -> Comparison.GE;
            case "SCMP_CMP_GT" -> Comparison.GT;
            case "SCMP_CMP_MASKED_EQ" -> Comparison.MASKED_EQ;
            default -> throw wrong(where + "'" + op + "' is not a comparison, such as SCMP_CMP_EQ");
        };
        return new Condition(
                (int) index, comparison, unsigned(json, "value", where), unsigned(json, "valueTwo", where));
    }

    /** A number of 64 bits without sign, half of which a long's parser refuses. */
    private long unsigned(JsonObject json, String member, String where) throws JsonException {
        if (!json.has(member)) {
            return 0;
        }
        if (json.require(member) instanceof Json.Num number) {
            try {
                return Long.parseUnsignedLong(number.literal());
            } catch (NumberFormatException e) {
                throw wrong(where + "member '" + member + "': " + number.literal()
                        + " is not a whole number of 64 bits without sign");
            }
        }
        throw wrong(where + "member '" + member + "' must be a number");
    }

    /**
     * Whether the conditions on the host and container hold: of what a rule includes all must, of what it excludes any
     * suffices.
     */
    private boolean matches(JsonObject filter, boolean all, String where) throws JsonException {
        known(filter, FILTER_MEMBERS, where);
        boolean matches = all;
        for (String cap : filter.texts("caps")) {
            boolean has = granted.contains(Capability.parse(cap));
            matches = all ? matches && has : matches || has;
        }
        List<String> arches = filter.texts("arches");
        if (!arches.isEmpty()) {
            boolean here = arches.contains("amd64");
            matches = all ? matches && here : matches || here;
        }
        if (filter.has("minKernel")) {
            boolean newer = kernelIsAtLeast(filter.text("minKernel"), where);
            matches = all ? matches && newer : matches || newer;
        }
        return matches;
    }

    private boolean kernelIsAtLeast(String wanted, String where) {
        int least = version(wanted);
        if (least < 0) {
            throw wrong(where + "member 'minKernel': '" + wanted + "' is not a kernel version, such as 4.8");
        }
        return version(System.getProperty("os.version", "0.0")) >= least;
    }

    /** The first two numbers of a version as one; -1 where there are none. */
    private static int version(String text) {
        int[] numbers = new int[2];
        int at = 0;
        for (int i = 0; i < 2; i++) {
            int start = at;
            while (at < text.length() && at - start < 4 && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                numbers[i] = numbers[i] * 10 + text.charAt(at++) - '0';
            }
            if (at == start || i == 0 && (at == text.length() || text.charAt(at++) != '.')) {
                return -1;
            }
        }
        return numbers[0] * 10_000 + numbers[1];
    }
}
