package belljar.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PowerControlTest {
    private final List<PowerControl.State> told = new ArrayList<>();
    private final PowerControl power = new PowerControl(told::add);

    @Test
    void runsUntilSomebodyEndsItAndTellsOnce() {
        assertThat(power.state()).isEqualTo(PowerControl.State.RUNNING);
        power.reset();
        power.powerOff();
        power.reset();
        assertThat(power.state()).isEqualTo(PowerControl.State.RESET);
        assertThat(told).containsExactly(PowerControl.State.RESET);
        assertThat(power.exitStatus()).isEmpty();
    }

    @Test
    void acpiSleepPowersOffInStateS5Only() {
        Device sleep = power.sleepRegisters();
        sleep.write(0, 1, 5 << 2);
        sleep.write(0, 1, 1 << 2 | 1 << 5);
        sleep.write(1, 1, 5 << 2 | 1 << 5);
        assertThat(told).isEmpty();
        assertThat(sleep.read(0, 2)).isEqualTo(1 << 2);
        sleep.write(0, 1, 5 << 2 | 1 << 5);
        assertThat(told).containsExactly(PowerControl.State.OFF);
    }

    @Test
    void acpiResetTakesItsValueOnly() {
        Device register = power.resetRegister();
        register.write(0, 1, 2);
        assertThat(told).isEmpty();
        register.write(0, 1, 1);
        assertThat(told).containsExactly(PowerControl.State.RESET);
    }

    @Test
    void theChipsetResetsWhenItsBitRises() {
        Device control = power.resetControl();
        control.write(0, 1, 2);
        assertThat(told).isEmpty();
        assertThat(control.read(0, 1)).isEqualTo(2);
        control.write(0, 1, 6);
        assertThat(told).containsExactly(PowerControl.State.RESET);
    }

    @Test
    void theKeyboardControllerResetsAndIsNeverBusy() {
        Device keyboard = power.keyboardController();
        assertThat(keyboard.read(0, 1) & 2).isZero();
        keyboard.write(0, 1, 0xD1);
        assertThat(told).isEmpty();
        keyboard.write(0, 1, 0xFE);
        assertThat(told).containsExactly(PowerControl.State.RESET);
    }

    @Test
    void aKernelUnderTestGivesItsExitStatus() {
        Device exit = power.debugExit();
        exit.write(0, 1, 0x110);
        assertThat(power.exitStatus()).hasValue(0x21);
        assertThat(told).containsExactly(PowerControl.State.OFF);
        exit.write(0, 1, 0);
        assertThat(power.exitStatus()).as("the first one holds").hasValue(0x21);
    }
}
