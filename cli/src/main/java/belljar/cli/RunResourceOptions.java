package belljar.cli;

import belljar.failure.UserException;
import belljar.sandbox.Resources;
import belljar.sandbox.Resources.DeviceRule;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The options of {@code run} about limits. */
final class RunResourceOptions {
    private static final long PERIOD = 100_000; // the kernel's default, in microseconds

    private RunResourceOptions() {}

    static void declare(OptionTable table) {
        table.value("cpus", "NUMBER", "how many CPUs' time, such as 1.5")
                .value("cpu-period", "MICROSECONDS", "the period of the CPU quota")
                .value("cpu-quota", "MICROSECONDS", "CPU time in each period")
                .value("cpu-shares", 'c', "NUMBER", "relative CPU weight, 2 to 262144 (1024)")
                .value("cpuset-cpus", "CPUS", "CPUs to run on, such as 0-2,4")
                .value("cpuset-mems", "NODES", "memory nodes to allocate from, such as 0")
                .value("memory", 'm', "SIZE", "the most memory, such as 512m")
                .value("memory-swap", "SIZE", "the most memory and swap together; -1 for no limit")
                .value("memory-reservation", "SIZE", "memory that reclaim tries to leave")
                .value("pids-limit", "NUMBER", "the most processes and threads (2048); -1 for no limit")
                .value("blkio-weight", "NUMBER", "relative I/O weight, 10 to 1000")
                .list("device-cgroup-rule", "RULE", "allow a kind of device, such as 'c 10:200 rwm'");
    }

    static Resources parse(Arguments arguments) {
        OptionalLong memory = size(arguments, "memory");
        OptionalLong swap =
                arguments.value("memory-swap").equals("-1") ? OptionalLong.of(-1) : size(arguments, "memory-swap");
        OptionalLong reservation = size(arguments, "memory-reservation");
        checkMemory(memory, swap, reservation);
        OptionalLong quota = number(arguments, "cpu-quota", -1, 1L << 40);
        OptionalLong period = number(arguments, "cpu-period", 1000, 1_000_000);
        if (arguments.has("cpus")) {
            if (quota.isPresent() || period.isPresent()) {
                throw new UserException("--cpus stands for --cpu-quota and --cpu-period; give only one of them");
            }
            quota = cpus(arguments.value("cpus"));
            period = quota.isPresent() ? OptionalLong.of(PERIOD) : OptionalLong.empty();
        } else if (quota.isPresent() && quota.getAsLong() >= 0 && quota.getAsLong() < 1000) {
            throw new UserException("--cpu-quota '" + arguments.value("cpu-quota")
                    + "' is below 1000 microseconds, the least the kernel takes");
        }
        return new Resources(
                quota,
                period,
                number(arguments, "cpu-shares", 2, 262144),
                Cpuset.checked("cpuset-cpus", arguments.value("cpuset-cpus"), "/sys/devices/system/cpu/online"),
                Cpuset.checked("cpuset-mems", arguments.value("cpuset-mems"), "/sys/devices/system/node/online"),
                memory,
                swap,
                reservation,
                pids(arguments),
                weight(arguments),
                deviceRules(arguments));
    }

    private static void checkMemory(OptionalLong memory, OptionalLong swap, OptionalLong reservation) {
        if (swap.isPresent() && memory.isEmpty()) {
            throw new UserException("--memory-swap limits memory and swap together and needs --memory; give both");
        }
        if (swap.isPresent() && swap.getAsLong() >= 0 && swap.getAsLong() < memory.orElse(0)) {
            throw new UserException("--memory-swap is memory and swap together and cannot be below --memory; raise it");
        }
        if (reservation.isPresent() && memory.isPresent() && reservation.getAsLong() > memory.getAsLong()) {
            throw new UserException("--memory-reservation cannot be above --memory; lower it");
        }
    }

    private static OptionalLong cpus(String text) {
        long thousandths = Values.thousandths("cpus", text);
        if (thousandths == 0) {
            return OptionalLong.empty(); // as in Docker, 0 is no limit
        }
        int online = Cpuset.count("/sys/devices/system/cpu/online");
        if (thousandths < 10 || thousandths > online * 1000L) {
            throw new UserException(
                    "--cpus '" + text + "' is out of range; this host offers from 0.01 to " + online + " CPUs");
        }
        return OptionalLong.of(thousandths * PERIOD / 1000);
    }

    private static OptionalLong size(Arguments arguments, String option) {
        if (!arguments.has(option)) {
            return OptionalLong.empty();
        }
        long size = Values.bytes(option, arguments.value(option));
        return size == 0 ? OptionalLong.empty() : OptionalLong.of(size); // as in Docker, 0 is no limit
    }

    private static OptionalLong number(Arguments arguments, String option, long least, long most) {
        return arguments.has(option)
                ? OptionalLong.of(Values.number(option, arguments.value(option), least, most))
                : OptionalLong.empty();
    }

    private static OptionalLong pids(Arguments arguments) {
        OptionalLong pids = number(arguments, "pids-limit", -1, 1L << 22);
        return pids.isPresent() && pids.getAsLong() == 0 ? OptionalLong.of(-1) : pids;
    }

    private static OptionalInt weight(Arguments arguments) {
        OptionalLong weight = number(arguments, "blkio-weight", 10, 1000);
        return weight.isPresent() ? OptionalInt.of((int) weight.getAsLong()) : OptionalInt.empty();
    }

    private static List<DeviceRule> deviceRules(Arguments arguments) {
        List<DeviceRule> rules = new ArrayList<>();
        for (String text : arguments.values("device-cgroup-rule")) {
            rules.add(deviceRule(text));
        }
        return rules;
    }

    private static DeviceRule deviceRule(String text) {
        List<String> words = Text.split(text, ' ');
        boolean good = words.size() == 3 && words.get(0).length() == 1 && "abc".contains(words.get(0));
        if (good) {
            List<String> numbers = Text.split(words.get(1), ':');
            good = numbers.size() == 2
                    && deviceNumber(numbers.get(0)) >= -1
                    && deviceNumber(numbers.get(1)) >= -1
                    && DeviceSyntax.isAccess(words.get(2));
            if (good) {
                return new DeviceRule(
                        true,
                        words.get(0).charAt(0),
                        deviceNumber(numbers.get(0)),
                        deviceNumber(numbers.get(1)),
                        words.get(2));
            }
        }
        throw new UserException("--device-cgroup-rule '" + text
                + "' is not a rule; write type, numbers and access, such as 'c 10:200 rwm'");
    }

    /** {@return a device number, -1 for {@code *}, -2 for neither} */
    private static int deviceNumber(String text) {
        if (text.equals("*")) {
            return -1;
        }
        return Text.isDigits(text) && text.length() <= 7 ? Integer.parseInt(text) : -2;
    }
}
