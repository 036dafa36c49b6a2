package belljar.cli;

import belljar.failure.HostException;
import belljar.microvm.RunningMachines;
import belljar.microvm.VirtualMachine;

/** A machine in the foreground: from its first instruction, or its next, to its end. */
final class VmLife {
    private static final int RESET = 3;

    private VmLife() {}

    /** Adds the option that both ways to begin have. */
    static OptionTable add(OptionTable options) {
        return options.value("name", "NAME", "what other commands call it (vm- and the number of this process)");
    }

    /** {@return the name that was given, or another} */
    static String name(Arguments arguments) {
        String name = arguments.has("name")
                ? arguments.value("name")
                : "vm-" + ProcessHandle.current().pid();
        RunningMachines.checkName(name);
        return name;
    }

    /**
     * Lives it, with its console on this terminal.
     *
     * @param machine the machine, which has not begun
     * @param name what other commands call it
     * @return the exit code
     */
    static int live(VirtualMachine machine, String name, Session session) {
        try (RunningMachines.Entry _ = RunningMachines.in(session.state()).enter(name, machine);
                VmConsole console = new VmConsole(machine)) {
            console.connect();
            machine.start();
            return code(machine.await(), session);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HostException("interrupted while the machine was running", e);
        }
    }

    private static int code(VirtualMachine.Ended ended, Session session) {
        if (ended.status().isPresent()) {
            return ended.status().getAsInt() & 0xFF;
        }
        return switch (ended.kind()) {
            case OFF -> 0;
            case RESET -> {
                session.err().println("belljar: the guest has reset its machine, as on a reboot or a panic");
                yield RESET;
            }
            case SHUTDOWN -> {
                session.err().println("belljar: the guest crashed: its CPU could not report a fault (triple fault)");
                yield RESET;
            }
        };
    }
}
