package belljar.microvm;

import belljar.machine.ApicBus;
import belljar.machine.Bus;
import belljar.machine.Clock;
import belljar.machine.Cmos;
import belljar.machine.Device;
import belljar.machine.GuestLayout;
import belljar.machine.GuestMemory;
import belljar.machine.IoApic;
import belljar.machine.Pit;
import belljar.machine.PowerControl;
import belljar.machine.SerialPort;
import belljar.machine.StateStream;
import belljar.machine.Stateful;
import belljar.translator.CpuHost;
import java.io.IOException;
import java.io.OutputStream;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.function.UnaryOperator;

/**
 * What every machine has, without its CPUs and its devices of virtio: the parts of a PC that kernels look for, at their
 * ports, and the interrupt controller that all is wired to.
 */
final class Board implements Stateful, AutoCloseable {
    private static final int PIT_PORT = 0x40;
    private static final int SPEAKER_PORT = 0x61;
    private static final int KEYBOARD_PORT = 0x64;
    private static final int CMOS_PORT = 0x70;
    private static final int DEBUG_EXIT_PORT = 0xF4;
    private static final int RESET_CONTROL_PORT = 0xCF9;
    private static final int TIMER_INTERRUPT = 2;
    private static final int IO_APIC_SIZE = 0x1000;

    final GuestMemory memory;
    final Clock clock;
    final Bus mmio = new Bus();
    final Bus ports = new Bus();
    final ApicBus apicBus = new ApicBus();
    final IoApic ioApic = new IoApic(apicBus);
    final PowerControl power;
    final SerialPort serial;
    private final Pit pit;
    private final Cmos cmos;

    /**
     * Makes it.
     *
     * @param memory the machine's memory
     * @param clock its time; closed with this
     * @param console where the serial line's output goes; written to by one thread
     * @param over told when the machine is off or to be reset
     * @param probe what is put between the ports' devices and the CPUs, as by a test that watches them
     */
    Board(GuestMemory memory, Clock clock, OutputStream console, Runnable over, UnaryOperator<Device> probe) {
        this.memory = memory;
        this.clock = clock;
        power = new PowerControl(state -> over.run());
        serial = new SerialPort(ioApic.line(GuestLayout.SERIAL_INTERRUPT), console, clock);
        pit = new Pit(ioApic.line(TIMER_INTERRUPT), clock);
        InstantSource time = clock::timeOfDay;
        cmos = new Cmos(time.withZone(ZoneOffset.UTC));
        mmio.attach(GuestLayout.IO_APIC, IO_APIC_SIZE, probe.apply(ioApic));
        ports.attach(PIT_PORT, 4, probe.apply(pit));
        ports.attach(SPEAKER_PORT, 1, probe.apply(pit.speaker()));
        ports.attach(KEYBOARD_PORT, 1, probe.apply(power.keyboardController()));
        ports.attach(CMOS_PORT, 2, probe.apply(cmos));
        ports.attach(DEBUG_EXIT_PORT, 4, probe.apply(power.debugExit()));
        ports.attach(GuestLayout.SERIAL_PORT, 8, probe.apply(serial));
        ports.attach(GuestLayout.SLEEP_CONTROL_PORT, 2, probe.apply(power.sleepRegisters()));
        ports.attach(GuestLayout.RESET_PORT, 1, probe.apply(power.resetRegister()));
        ports.attach(RESET_CONTROL_PORT, 1, probe.apply(power.resetControl()));
    }

    /** {@return what its CPUs are connected to} */
    CpuHost host() {
        return new CpuHost(memory, mmio, ports, clock);
    }

    /** Saves or loads its parts but the interrupt controller, which has its own place in the order. */
    @Override
    public void transfer(StateStream state) {
        clock.transfer(state);
        power.transfer(state);
        pit.transfer(state);
        cmos.transfer(state);
        serial.transfer(state);
    }

    /** Has the time stand still for good, and passes on what the guest has written last. */
    @Override
    public void close() {
        clock.close();
        try {
            serial.close();
        } catch (IOException gone) {
            // Nobody is left to be told what the console said last.
            return;
        }
    }
}
