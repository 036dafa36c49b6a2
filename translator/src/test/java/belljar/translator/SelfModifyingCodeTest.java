package belljar.translator;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.machine.PowerControl;
import org.junit.jupiter.api.Test;

/** Stores to code take effect where the processor lets them (SDM volume 3, section 9.1.3). */
final class SelfModifyingCodeTest {
    private static final long RESULT = 0x9000;
    private static final int CHANGED = 0x22;

    private static int result(String code) {
        try (GuestProgram program = new GuestProgram(1).code(GuestProgram.CODE, code)) {
            assertThat(program.run()).isEqualTo(PowerControl.State.OFF);
            return program.memory().getByte(RESULT);
        }
    }

    @Test
    void changesTheVeryNextInstruction() {
        // mov byte [rip + 1], 22h; mov al, 11h; mov [9000h], al; out F4h, al
        assertThat(result("c6050100000022" + "b011" + "88042500900000" + "e6f4"))
                .isEqualTo(CHANGED);
    }

    @Test
    void changesItThroughAnotherLinearAddress() {
        // mov byte [40010009h], 22h; mov al, 11h; mov [9000h], al; out F4h, al
        assertThat(result("c604250900014022" + "b011" + "88042500900000" + "e6f4"))
                .isEqualTo(CHANGED);
    }

    @Test
    void changesItByARepeatedMove() {
        // mov esi, 1001Ch; mov edi, 10011h; mov ecx, 2; rep movsb; mov al, 11h; ...; mov al, 22h
        assertThat(result("be1c000100" + "bf11000100" + "b902000000" + "f3a4" + "b011" + "88042500900000" + "e6f4"
                        + "b022"))
                .isEqualTo(CHANGED);
    }

    @Test
    void changesWhatAnotherCpuExecutes() {
        // mov edi, FEE00300h and two stores: INIT and start-up at 8000h for all others
        String others = "bf0003e0fe" + "c70700450c00" + "bf0003e0fe" + "c70708460c00";
        // until it is 22h: call f; cmp al, 22h; jne; out F4h, al; f: mov al, 11h; ret
        String loop = "e806000000" + "3c22" + "75f7" + "e6f4" + "b011" + "c3";
        // mov ds, 1000h; mov byte [22h], 22h; hlt
        String other = "b80010" + "8ed8" + "c606220022" + "f4";
        try (GuestProgram program =
                new GuestProgram(2).code(GuestProgram.CODE, others + loop).code(0x8000, other)) {
            assertThat(program.run()).isEqualTo(PowerControl.State.OFF);
        }
    }

    @Test
    void followsWhatADeviceWrites() throws InterruptedException {
        // mov byte [9000h], 1; until it is 22h: call f; cmp al, 22h; jne; out F4h, al; f: mov al, 11h; ret
        String loop = "c604250090000001" + "e806000000" + "3c22" + "75f7" + "e6f4" + "b011" + "c3";
        try (GuestProgram program = new GuestProgram(1).code(GuestProgram.CODE, loop)) {
            Thread device = Thread.ofPlatform().start(() -> {
                while (program.memory().getByte(RESULT) == 0) {
                    Thread.onSpinWait();
                }
                long place = GuestProgram.CODE + 0x14;
                program.memory().putByte(place, CHANGED);
                program.memory().written(program.memory().offset(place), 1);
            });
            assertThat(program.run()).isEqualTo(PowerControl.State.OFF);
            device.join();
        }
    }
}
