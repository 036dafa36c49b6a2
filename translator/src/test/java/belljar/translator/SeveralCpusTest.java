package belljar.translator;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.machine.PowerControl;
import org.junit.jupiter.api.Test;

/** Several CPUs: how they begin, and what each may rely on of the others' accesses. */
final class SeveralCpusTest {
    private static final int TIMES = 20_000;

    /** Sends INIT, and a start-up interrupt for 8000h, to all but itself, by way of EDI. */
    private static final String START = "bf0003e0fe" + "c70700450c00" + "bf0003e0fe" + "c70708460c00";

    /** Adds 1 to the byte at 9040h, waits until it is 2, and ends the machine. */
    private static final String BOTH = "f0fe042540900000" + "f390" + "803c254090000002" + "75f4" + "e6f4";

    /** In real mode: DS = 0. */
    private static final String ZERO = "31c0" + "8ed8";

    @Test
    void lockedOperationsLoseNothingWhereverTheNumbersLie() {
        // esi = 20000; lock inc dword [9001h], word [9013h], dword [90FEh]
        String counted = "be204e0000" + "f0ff042501900000" + "66f0ff042513900000" + "f0ff0425fe900000";
        // adds 1 to the upper half of 16 bytes at 9020h: lock cmpxchg16b until it is done
        String pair = "488b042520900000" + "488b142528900000" + "4889c3" + "488d4a01" + "f0480fc70c2520900000" + "75ed";
        // the same in real mode, and lock inc dword [9020h]
        String other = ZERO + "be204e" + "66f0ff060190" + "f0ff061390" + "66f0ff06fe90" + "66f0ff062090" + "4e" + "75e6"
                + "f0fe064090" + "f4";
        try (GuestProgram program = new GuestProgram(2)
                .code(GuestProgram.CODE, START + counted + pair + "ffce" + "75c0" + BOTH)
                .code(0x8000, other)) {
            assertThat(program.run()).isEqualTo(PowerControl.State.OFF);
            assertThat(program.memory().getInt(0x9001)).isEqualTo(2 * TIMES);
            assertThat(program.memory().getShort(0x9013)).isEqualTo(2 * TIMES);
            assertThat(program.memory().getInt(0x90FE)).isEqualTo(2 * TIMES);
            assertThat(program.memory().getLong(0x9020)).isEqualTo(TIMES);
            assertThat(program.memory().getLong(0x9028)).isEqualTo(TIMES);
        }
    }

    @Test
    void aFenceKeepsLoadsBehindStores() {
        // Peterson's lock around inc dword [9010h], which is not locked: flags at 9000h and 9001h, whose turn at 9002h
        String mine = "be204e0000" + "c604250090000001" + "c604250290000001" + "0faef0" + "803c250190000000" + "740a"
                + "803c250290000001" + "74ec" + "8b042510900000" + "ffc0" + "89042510900000" + "c604250090000000"
                + "ffce" + "75bd";
        String other = ZERO + "be204e" + "c606019001" + "c606029000" + "0faef0" + "803e009000" + "7407" + "803e029000"
                + "74f2" + "66a11090" + "6640" + "66a31090" + "c606019000" + "4e" + "75d3" + "f0fe064090" + "f4";
        try (GuestProgram program =
                new GuestProgram(2).code(GuestProgram.CODE, START + mine + BOTH).code(0x8000, other)) {
            assertThat(program.run()).isEqualTo(PowerControl.State.OFF);
            assertThat(program.memory().getInt(0x9010)).isEqualTo(2 * TIMES);
        }
    }

    @Test
    void aRunningCpuBeginsAnewAfterInit() {
        // waits until the byte at A000h is 1; INIT, and a start-up interrupt for 9000h; waits until it is 2
        String again = "f390" + "803c2500a0000001" + "75f4" + "bf0003e0fe" + "c70700450c00" + "bf0003e0fe"
                + "c70709460c00" + "f390" + "803c2500a0000002" + "75f4" + "e6f4";
        String first = ZERO + "c60600a001" + "ebfe";
        // only where CS is 900h
        String second = "8cc8" + "3d0009" + "7509" + ZERO + "c60600a002" + "f4";
        try (GuestProgram program = new GuestProgram(2)
                .code(GuestProgram.CODE, START + again)
                .code(0x8000, first)
                .code(0x9000, second)) {
            assertThat(program.run()).isEqualTo(PowerControl.State.OFF);
        }
    }
}
