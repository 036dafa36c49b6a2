package belljar.translator;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.machine.ApicBus;
import belljar.machine.Bus;
import belljar.machine.Clock;
import belljar.machine.GuestMemory;
import belljar.machine.LocalApic;
import belljar.machine.PowerControl;
import belljar.machine.StartState;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Task switches, call gates and the stacks they begin on (SDM volume 3, chapters 5, 6 and 8). */
@Timeout(30)
final class TaskSwitchTest {
    private static final int GDT = 0x1000;
    private static final int FIRST = 0x2000;
    private static final int SECOND = 0x2100;
    private static final int IDT = 0x3000;
    private static final int RESULT = 0x9000;
    private static final int CODE = 0x10000;
    private static final int OTHER = 0x11000;
    private static final int HANDLER = 0x12000;
    private static final int USER = 0x13000;

    private static final int FIRST_TASK = 0x18;
    private static final int SECOND_TASK = 0x20;
    private static final int ABSENT_TASK = 0x28;
    private static final int USER_CODE = 0x30;
    private static final int USER_DATA = 0x38;
    private static final int CALL_GATE = 0x40;
    private static final int TASK_GATE = 0x48;

    /** Tables, flat segments, the first task; {@value} bytes of it. */
    private static final int PROLOGUE = 0x2C;

    private static final String END = "e6f4" + "ebfe";

    private final Clock clock = new Clock();
    private final GuestMemory memory = GuestMemory.allocate(1 << 20);

    private void put(int at, String hex) {
        memory.write(at, HexFormat.of().parseHex(hex));
    }

    private void descriptor(int selector, long base, long limit, int bits) {
        long low = limit & 0xFFFF | (base & 0xFF_FFFF) << 16 | (long) bits << 40 | (limit >> 16 & 0xF) << 48;
        memory.putLong(GDT + selector, low | (base >>> 24 & 0xFF) << 56);
    }

    private void gate(int at, int selector, int target, int bits, int parameters) {
        long value = target & 0xFFFF | (long) selector << 16 | (long) parameters << 32 | (long) bits << 40;
        memory.putLong(at, value | (long) (target >>> 16) << 48);
    }

    @BeforeEach
    void layOut() {
        memory.putLong(0x800, 0x5F | (long) GDT << 16);
        memory.putLong(0x810, 0x7FF | (long) IDT << 16);
        descriptor(0x08, 0, 0xFFFFF, 0xC09A);
        descriptor(0x10, 0, 0xFFFFF, 0xC092);
        descriptor(FIRST_TASK, FIRST, 0x67, 0x89);
        descriptor(SECOND_TASK, SECOND, 0x67, 0x89);
        descriptor(ABSENT_TASK, SECOND, 0x67, 0x09);
        descriptor(USER_CODE, 0, 0xFFFFF, 0xC0FA);
        descriptor(USER_DATA, 0, 0xFFFFF, 0xC0F2);
        gate(GDT + CALL_GATE, 0x08, HANDLER, 0xEC, 2);
        gate(GDT + TASK_GATE, SECOND_TASK, 0, 0xE5, 0);
        memory.putInt(FIRST + 4, 0x7000); // the stack of level 0
        memory.putInt(FIRST + 8, 0x10);
        memory.putInt(SECOND + 0x20, OTHER);
        memory.putInt(SECOND + 0x24, 2);
        memory.putInt(SECOND + 0x28, 0x1234);
        memory.putInt(SECOND + 0x38, 0x6000);
        for (int i = 0; i < 6; i++) {
            memory.putInt(SECOND + 0x48 + 4 * i, i == 1 ? 0x08 : 0x10);
        }
        put(
                CODE,
                "0f011500080000" + "0f011d10080000" + "ea150001000800" + "b810000000" + "8ed8" + "8ec0" + "8ed0"
                        + "8ee0" + "8ee8" + "b818000000" + "0f00d8");
    }

    @AfterEach
    void close() {
        clock.close();
    }

    /** Runs code of the first task to its end; {@return how the machine ended}. */
    private PowerControl.State run(String code) {
        put(CODE + PROLOGUE, code);
        Bus ports = new Bus();
        SoftwareCpu[] cpu = new SoftwareCpu[1];
        PowerControl power = new PowerControl(state -> cpu[0].stop());
        ports.attach(0xF4, 4, power.debugExit());
        CpuHost host = new CpuHost(memory, new Bus(), ports, clock);
        StartState start = new StartState(CODE, false, 0, 0, 0, 0, 0x8000);
        cpu[0] = SoftwareCpu.boot(host, new LocalApic(0, clock, new ApicBus()), start, power::reset);
        cpu[0].run();
        return power.state();
    }

    private boolean isBusy(int selector) {
        return (memory.getByte(GDT + selector + 5) & 2) != 0;
    }

    /** {@return code that stores EAX, and then the task register} */
    private static String tell() {
        return "a300900000" + "0f00c8" + "a304900000";
    }

    @Test
    void aJumpLeavesATaskAndComesBackToIt() {
        put(OTHER, tell() + "9c58" + "a308900000" + "ea000000001800"); // and the flags; ljmp 18h:0
        assertThat(run("31c0" + "ea000000002000" + END)).isEqualTo(PowerControl.State.OFF);

        assertThat(memory.getInt(RESULT)).isEqualTo(0x1234);
        assertThat(memory.getInt(RESULT + 4)).isEqualTo(SECOND_TASK);
        assertThat(memory.getInt(RESULT + 8) & Cpu.NT).isZero();
        assertThat(memory.getInt(FIRST + 0x20)).isEqualTo(CODE + PROLOGUE + 9);
        assertThat(isBusy(FIRST_TASK)).isTrue();
        assertThat(isBusy(SECOND_TASK)).isFalse();
    }

    @Test
    void aCallNestsATaskFromWhichIretReturns() {
        put(OTHER, tell() + "9c58" + "a308900000" + "cf" + "ff050c900000" + "cf"); // the second time it goes on there
        for (String call : new String[] {"9a000000002000", "9a000000004800"}) {
            layOut();
            memory.putLong(RESULT + 8, 0);
            assertThat(run(call + call + END)).isEqualTo(PowerControl.State.OFF);

            assertThat(memory.getInt(RESULT + 4)).isEqualTo(SECOND_TASK);
            assertThat(memory.getInt(RESULT + 8) & Cpu.NT).isEqualTo(Cpu.NT);
            assertThat(memory.getInt(RESULT + 12)).isEqualTo(1);
            assertThat(memory.getShort(SECOND)).isEqualTo(FIRST_TASK);
            assertThat(memory.getInt(SECOND + 0x24) & Cpu.NT).isZero();
            assertThat(isBusy(FIRST_TASK)).isTrue();
            assertThat(isBusy(SECOND_TASK)).isFalse();
        }
    }

    @Test
    void anExceptionThroughATaskGateHasItsCodeOnTheOtherTasksStack() {
        gate(IDT + 8 * Fault.PROTECTION, SECOND_TASK, 0, 0x85, 0);
        put(OTHER, "58" + tell() + END); // pop eax
        // mov eax, 70h, which is beyond the table; mov ds, eax
        assertThat(run("b870000000" + "8ed8")).isEqualTo(PowerControl.State.OFF);

        assertThat(memory.getInt(RESULT)).isEqualTo(0x70);
        assertThat(memory.getInt(RESULT + 4)).isEqualTo(SECOND_TASK);
        assertThat(memory.getInt(FIRST + 0x20)).isEqualTo(CODE + PROLOGUE + 5);
        assertThat(memory.getInt(FIRST + 0x38)).isEqualTo(0x8000);
    }

    @Test
    void aTaskThatIsAbsentOrBusyOrTooShortIsAFaultOfTheOldOne() {
        put(HANDLER, "58" + tell() + END);
        int[][] cases = {
            {ABSENT_TASK, Fault.NOT_PRESENT, ABSENT_TASK},
            {FIRST_TASK, Fault.PROTECTION, FIRST_TASK},
            {SECOND_TASK, Fault.TSS, SECOND_TASK},
        };
        for (int[] each : cases) {
            layOut();
            if (each[1] == Fault.TSS) {
                descriptor(SECOND_TASK, SECOND, 0x66, 0x89);
            }
            gate(IDT + 8 * each[1], 0x08, HANDLER, 0x8E, 0);
            assertThat(run("ea00000000" + HexFormat.of().toHexDigits((byte) each[0]) + "00"))
                    .isEqualTo(PowerControl.State.OFF);
            assertThat(memory.getInt(RESULT)).isEqualTo(each[2]);
            assertThat(memory.getInt(RESULT + 4)).isEqualTo(FIRST_TASK);
        }
    }

    @Test
    void aBadSegmentIsAFaultOfTheNewTask() {
        memory.putInt(SECOND + 0x50, USER_DATA); // a stack of another level
        gate(IDT + 8 * Fault.TSS, 0x08, HANDLER, 0x8E, 0);
        put(HANDLER, "58" + tell() + END);
        assertThat(run("ea000000002000")).isEqualTo(PowerControl.State.OFF);

        assertThat(memory.getInt(RESULT)).isEqualTo(USER_DATA);
        assertThat(memory.getInt(RESULT + 4)).isEqualTo(SECOND_TASK);
        assertThat(isBusy(FIRST_TASK)).isFalse();
    }

    @Test
    void aCallGateCopiesParametersToTheStackOfItsLevel() {
        // mov eax, [esp+8], the last parameter; store it, and ESP; lret 8
        put(HANDLER, "8b442408" + "a300900000" + "892504900000" + "ca0800");
        // push 1; push 2; lcall 40h:0; store ESP; out
        put(USER, "6a01" + "6a02" + "9a000000004300" + "892508900000" + END);
        // iret to user mode with IOPL 3: ss, esp, eflags, cs, eip
        String enter = "6a3b" + "6800500000" + "6802300000" + "6a33" + "6800300100" + "b83b000000" + "8ed8" + "cf";
        assertThat(run(enter)).isEqualTo(PowerControl.State.OFF);

        assertThat(memory.getInt(RESULT)).isEqualTo(2);
        assertThat(memory.getInt(RESULT + 4)).isEqualTo(0x7000 - 6 * 4);
        assertThat(memory.getInt(RESULT + 8)).isEqualTo(0x5000);
        assertThat(memory.getInt(0x7000 - 4)).isEqualTo(USER_DATA | 3);
        assertThat(memory.getInt(0x7000 - 8)).isEqualTo(0x5000 - 8);
        assertThat(memory.getInt(0x7000 - 20)).isEqualTo(USER_CODE | 3);
    }

    @Test
    void aTaskOfVirtual8086ModeIsLeftByExceptionsAndEnteredByIret() {
        memory.putInt(SECOND + 4, 0x6800);
        memory.putInt(SECOND + 8, 0x10);
        memory.putInt(SECOND + 0x20, 0);
        memory.putInt(SECOND + 0x24, Cpu.VM | 2);
        memory.putInt(SECOND + 0x4C, OTHER >> 4);
        memory.putInt(SECOND + 0x50, 0x600);
        memory.putInt(SECOND + 0x54, RESULT >> 4);
        memory.putShort(SECOND + 0x66, 0x68); // the bitmap of ports is beyond the end
        // mov word [0], 1234h; int 20h; out F4h, al: neither of these is for IOPL 0 without a bitmap
        put(OTHER, "c70600003412" + "cd20" + "e6f4");
        gate(IDT + 8 * Fault.PROTECTION, 0x08, HANDLER, 0x8E, 0);
        // pop eax; push ds; pop ebx; mov ds, 10h; store both, the flags and DS of the task; go past what has failed;
        // return the first time
        String note = "58" + "1e5b" + "b910000000" + "8ed9" + "a304900000" + "891d08900000" + "8b442408" + "a30c900000"
                + "8b442418" + "a310900000";
        put(HANDLER, note + "83042402" + "ff0514900000" + "833d1490000002" + "7401" + "cf" + END);
        assertThat(run("ea000000002000")).isEqualTo(PowerControl.State.OFF);

        assertThat(memory.getShort(RESULT)).isEqualTo(0x1234);
        assertThat(memory.getInt(RESULT + 4)).isZero();
        assertThat(memory.getInt(RESULT + 8)).isZero();
        assertThat(memory.getInt(RESULT + 12) & (Cpu.VM | Cpu.IOPL)).isEqualTo(Cpu.VM);
        assertThat(memory.getInt(RESULT + 16)).isEqualTo(RESULT >> 4);
        assertThat(memory.getInt(RESULT + 20)).isEqualTo(2);
    }
}
