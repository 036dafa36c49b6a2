package belljar.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What a virtual CPU does with small programs, whoever executes it. */
abstract class CpuSuite {
    /** {@return what executes one guest, whose memory this is} */
    abstract Guest.Engine engine(Guest guest);

    private List<String> run(String program) throws InterruptedException {
        return run(program, true, 1);
    }

    private List<String> run(String program, boolean longMode, int cpus) throws InterruptedException {
        try (Guest guest = new Guest()) {
            return guest.run(engine(guest), program, longMode, cpus);
        }
    }

    @Test
    void calculates() throws InterruptedException {
        assertThat(run(Programs.ARITHMETIC))
                .containsExactly("7b", "123", "3e8", "3", "1", "fffffffd", "18", "7a314", "14a30700");
    }

    @Test
    void turnsPagingOnAndGoesTo64Bits() throws InterruptedException {
        assertThat(run(Programs.PAGING, false, 1)).containsExactly("55667788", "11223344", "500");
    }

    @Test
    void deliversExceptionsWithTheirCodes() throws InterruptedException {
        assertThat(run(Programs.EXCEPTIONS))
                .containsExactly("0", "0", "6", "0", "3", "0", "e", "0", "40000000", "d", "0", "d", "0", "40", "0");
    }

    @Test
    void reachesPortsOfAllSizesAndByStrings() throws InterruptedException {
        assertThat(run(Programs.PORTS))
                .containsExactly(
                        "port 0:1=44",
                        "port 0:2=3344",
                        "port 0:4=11223344",
                        "5060704",
                        "702",
                        "701",
                        "port 0:1=61",
                        "port 0:1=62",
                        "port 0:1=63",
                        "port 0:1=64",
                        "7020702",
                        "702",
                        "300016",
                        "ffffffff");
    }

    @Test
    void reachesDevicesInMemory() throws InterruptedException {
        assertThat(run(Programs.DEVICE))
                .containsExactly(
                        "memory 0:1=12",
                        "memory 2:2=3456",
                        "memory 4:4=789abcde",
                        "memory 8:8=1122334455667788",
                        "11",
                        "722",
                        "5060744",
                        "5060788",
                        "1020304",
                        "memory 4:4=5060749",
                        "ffffffff");
    }

    @Test
    void takesInterruptsFromItsApic() throws InterruptedException {
        assertThat(run(Programs.INTERRUPT)).containsExactly("1", "40", "0", "2", "3", "40", "0", "0");
    }

    @Test
    void wakesFromHaltByItsTimer() throws InterruptedException {
        assertThat(run(Programs.TIMER)).containsExactly("40", "0", "0", "40", "0");
    }

    @Test
    void hasModelSpecificRegisters() throws InterruptedException {
        assertThat(run(Programs.REGISTERS))
                .containsExactly("81000000", "ffffffff", "5a5a", "70406", "d", "0", "0", "5", "1202000");
    }

    @Test
    void calculatesWithVectorsAndFloatingPoint() throws InterruptedException {
        assertThat(run(Programs.VECTORS)).containsExactly("3fc90fdb", "6080a0c", "274b", "5060708", "2", "1fa0");
    }

    @Test
    void executesWhatItHasJustWritten() throws InterruptedException {
        assertThat(run(Programs.MODIFY)).containsExactly("1", "2", "3");
    }

    @Test
    void hasAtomicOperations() throws InterruptedException {
        assertThat(run(Programs.LOCKED)).containsExactly("1", "3", "4", "3", "63", "4", "80000063");
    }

    @Test
    void shutsDownWhenExceptionsCannotBeDelivered() throws InterruptedException {
        assertThat(run(Programs.TRIPLE)).containsExactly("shutdown");
    }

    @Test
    void startsASecondCpuInRealMode() throws InterruptedException {
        assertThat(run(Programs.SECOND, true, 2)).containsExactly("7");
    }

    @Test
    void stopsAGuestThatNeverLeaves() throws InterruptedException {
        try (Guest guest = new Guest()) {
            guest.clock.alarm(guest::end).set(guest.clock.nanos() + 100_000_000);
            assertThat(guest.run(engine(guest), Programs.SPIN, true, 1)).isEmpty();
        }
    }
}
