package belljar.translator;

import belljar.machine.Bus;
import belljar.machine.Clock;
import belljar.machine.GuestMemory;

/**
 * What a CPU is connected to.
 *
 * @param memory the machine's memory
 * @param bus the devices in memory
 * @param ports the devices among the ports
 * @param clock the machine's time
 */
public record CpuHost(GuestMemory memory, Bus bus, Bus ports, Clock clock) {}
