package belljar.translator;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.machine.PowerControl;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Single steps, breakpoints and what delays interrupts (SDM volume 3, sections 6.8.3 and 17.2 to 17.3). */
final class DebugTest {
    private static final long HANDLER = 0x1_1000;
    private static final long LIST = 0xA000;
    private static final long DR6 = 0xFFFF_0FF0L;
    private static final int DEBUG = 1;

    /** lgdt [6000h]; lidt [6010h]. */
    private static final String TABLES = "0f01142500600000" + "0f011c2510600000";

    /** Appends DR6 and the instruction pointer to the list at RBX, clears DR6, sets RF and goes back. */
    private static final String NOTE = "50" + "0f21f0" + "488903" + "488b442408" + "48894308" + "4883c310" + "31c0"
            + "0f23f0" + "814c241800000100" + "58" + "48cf";

    /** {@return the traps that a program met: a line each with what DR6 said beyond its 1s, and where} */
    private static List<String> traps(String code) {
        List<String> found = new ArrayList<>();
        try (GuestProgram program = new GuestProgram(1)
                .handler(DEBUG, HANDLER)
                .code(HANDLER, NOTE)
                .code(GuestProgram.CODE, TABLES + "bb00a00000" + code)) {
            assertThat(program.run()).isEqualTo(PowerControl.State.OFF);
            for (long at = LIST; program.memory().getLong(at) != 0; at += 16) {
                long what = program.memory().getLong(at) & ~DR6;
                found.add(Long.toHexString(what) + " "
                        + Long.toHexString(program.memory().getLong(at + 8)));
            }
        }
        return found;
    }

    @Test
    void theTrapFlagStopsBehindEachInstructionButALoadOfTheStackSegment() {
        // mov ecx, 18h; set TF by popfq; nop; nop; mov ss, ecx; nop; pushfq; and [rsp], ~TF; popfq; out F4h, al
        String code = "b918000000" + "9c" + "810c2400010000" + "9d" + "90" + "90" + "8ed1" + "90" + "9c"
                + "812424fffeffff" + "9d" + "e6f4";
        assertThat(traps(code))
                .containsExactly("4000 10024", "4000 10025", "4000 10028", "4000 10029", "4000 10030", "4000 10031");
    }

    @Test
    void breakpointsStopAtInstructionsDataPortsAndDebugRegisters() {
        // CR4.DE = 1; DR0 = 1003Eh, execute; DR1 = B000h, 4 bytes, write; DR2 = 80h, port
        String set = "0f20e0" + "83c808" + "0f22e0" + "b83e000100" + "0f23c0" + "b800b00000" + "0f23c8" + "b880000000"
                + "0f23d0" + "b81500d002" + "0f23f8";
        // 1003E: nop; mov [B002h], al; mov al, [B000h]; in al, 80h; DR7 = general detect; mov rax, dr0; mov [9000h],
        // rax
        String code = "90" + "88042502b00000" + "8a042500b00000" + "e480" + "b800200000" + "0f23f8" + "0f21c0"
                + "4889042500900000" + "e6f4";
        assertThat(traps(set + code)).containsExactly("1 1003e", "2 10046", "4 1004f", "2000 10057");
    }

    @Test
    void anInterruptWaitsForTheInstructionBehindSti() {
        // enables the local APIC, sends itself vector 40h; sti; inc dword [9000h]; hlt
        String code = "bff000e0fec707ff010000bf0003e0fec70740400400fbff042500900000f4ebfd";
        // mov [9004h], dword [9000h]; out F4h, al
        String handler = "8b04250090000089042504900000e6f4";
        try (GuestProgram program = new GuestProgram(1)
                .handler(0x40, HANDLER)
                .code(HANDLER, handler)
                .code(GuestProgram.CODE, TABLES + code)) {
            assertThat(program.run()).isEqualTo(PowerControl.State.OFF);
            assertThat(program.memory().getInt(0x9004)).isEqualTo(1);
        }
    }
}
