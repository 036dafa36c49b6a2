/**
 * A virtual machine without its CPU: guest memory, the bus of memory-mapped devices and that of ports, interrupt
 * controllers, the clock, devices, and what is laid out in memory before the first instruction. It knows neither KVM
 * nor Linux's system calls, so that it runs wherever a JVM does; what executes instructions implements
 * {@link belljar.machine.Vcpu} elsewhere. Whatever a guest writes to a device may at most break that guest.
 */
@NullMarked
package belljar.machine;

import org.jspecify.annotations.NullMarked;
