package belljar.microvm;

import belljar.failure.UserException;
import belljar.machine.AcpiTables;
import belljar.machine.Bus;
import belljar.machine.GuestMemory;
import belljar.machine.IoApic;
import belljar.machine.StateStream;
import belljar.machine.Stateful;
import belljar.virtio.VirtioDevice;
import belljar.virtio.VirtioMmio;
import java.util.ArrayList;
import java.util.List;

/** A machine's devices of virtio: each gets its place in memory, and an interrupt of its own. */
final class VirtioDevices implements Stateful, AutoCloseable {
    private static final long FIRST_ADDRESS = 0xD000_0000L;
    private static final long STEP = 0x1000;

    /** Behind those that a PC uses for itself: timer, serial lines and the clock. */
    private static final int FIRST_INTERRUPT = 9;

    private final List<VirtioDevice> devices = new ArrayList<>();
    private final List<VirtioMmio> registers = new ArrayList<>();

    /** Adds a device, which is closed with this. */
    void add(VirtioDevice device) {
        if (devices.size() == IoApic.PINS - FIRST_INTERRUPT) {
            device.close();
            throw new UserException(
                    "a machine has room for " + devices.size() + " disks, networks and the like; give it fewer");
        }
        devices.add(device);
    }

    /** Puts the devices into a machine; {@return where they are} */
    List<AcpiTables.Window> attach(GuestMemory memory, Bus bus, IoApic interrupts) {
        List<AcpiTables.Window> windows = new ArrayList<>();
        for (VirtioDevice device : devices) {
            int number = registers.size();
            int interrupt = FIRST_INTERRUPT + number;
            long address = FIRST_ADDRESS + STEP * number;
            VirtioMmio made = new VirtioMmio(device, memory, interrupts.line(interrupt));
            registers.add(made);
            bus.attach(address, VirtioMmio.SIZE, made);
            windows.add(new AcpiTables.Window(address, interrupt));
        }
        return windows;
    }

    /** Has all of them rest between two requests, and waits until they do. */
    void pause() {
        registers.forEach(VirtioMmio::pause);
    }

    /** Has them go on. */
    void resume() {
        registers.forEach(VirtioMmio::resume);
    }

    /** Saves or loads their states; they have been paused, and stay so. */
    @Override
    public void transfer(StateStream state) {
        for (VirtioMmio each : registers) {
            each.transfer(state);
        }
    }

    @Override
    public void close() {
        for (VirtioMmio each : registers) {
            each.close();
        }
        for (VirtioDevice each : devices.subList(registers.size(), devices.size())) {
            each.close();
        }
        devices.clear();
        registers.clear();
    }
}
