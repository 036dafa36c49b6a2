package belljar.virtio;

import belljar.machine.GuestMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/**
 * What a driver does with a device, step by step, and what it sees: once at one device, and again so that the machine
 * is saved between two steps and goes on as another one. Both are to see the same.
 */
final class Script {
    /** Two drivers for one device are one driver, wherever it is now. */
    interface Step {
        /** {@return what the driver sees} */
        Object run(TestDriver driver);
    }

    private final List<Step> steps = new ArrayList<>();
    private final List<Boolean> atRest = new ArrayList<>();

    /** Adds what needs the device to work. */
    Script then(Step step) {
        steps.add(step);
        atRest.add(false);
        return this;
    }

    /** Adds what a driver does without waiting, which the device may not have seen yet when it is saved. */
    Script given(Step step) {
        steps.add(step);
        atRest.add(true);
        return this;
    }

    int length() {
        return steps.size();
    }

    /** {@return what is seen without a break} */
    List<Object> run(TestDriver driver) {
        return run(driver, -1, (state, memory) -> driver);
    }

    /**
     * {@return what is seen}
     *
     * @param first the driver as it begins, at a device that runs; closed before the other is made
     * @param saved the step after which the machine is saved; a step that does not wait is done while it is paused
     * @param restored makes the driver go on
     */
    List<Object> run(TestDriver first, int saved, BiFunction<byte[], GuestMemory, TestDriver> restored) {
        List<Object> seen = new ArrayList<>();
        TestDriver driver = first;
        for (int i = 0; i < steps.size(); i++) {
            if (i == saved && atRest.get(i)) {
                driver.mmio.pause();
            }
            seen.add(steps.get(i).run(driver));
            if (i == saved) {
                driver.mmio.pause();
                byte[] state = driver.save();
                GuestMemory memory = driver.copyOfMemory();
                driver.close();
                driver = restored.apply(state, memory);
                driver.mmio.resume();
            }
        }
        driver.close();
        return seen;
    }
}
