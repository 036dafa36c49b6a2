/**
 * Virtual CPUs executed by Linux' KVM (Documentation/virt/kvm/api.rst in the kernel's source).
 *
 * <p>{@link Kvm} is the door, {@link KvmMachine} a machine in the kernel with its memory, {@link KvmCpu} a CPU of it.
 *
 * <p>The interrupt controllers are those of {@code machine}, not the kernel's. So every kind of CPU has the same ones:
 * their part of a snapshot says the same whoever executed the guest, and the interpreter, which executes what KVM
 * cannot, sees the very APIC that the guest programmed. The price is that each access to the APIC, such as the setting
 * of a timer, leaves the kernel, and that interrupts cannot be raised by writing to an event descriptor.
 */
@NullMarked
package belljar.kvm;

import org.jspecify.annotations.NullMarked;
