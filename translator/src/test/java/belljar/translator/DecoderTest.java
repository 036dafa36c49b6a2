package belljar.translator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DecoderTest {
    private static Op decoded(String hex) {
        return decoded(hex, Decoder.BITS64).op;
    }

    private static Insn decoded(String hex, int bits) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        Insn in = new Decoder().decode(bytes, 0, bytes.length, 0, bits);
        if (in == null) {
            throw new AssertionError(hex + " is not decoded");
        }
        return in;
    }

    @ParameterizedTest
    @ValueSource(strings = {"f001c0", "f090", "f08b00", "f03900", "f00fa300", "f08d00", "f00f2000", "f0660f6f00"})
    void refusesALockWhereNoneMayBe(String hex) {
        assertThat(decoded(hex)).isEqualTo(Op.UD);
    }

    @ParameterizedTest
    @ValueSource(strings = {"f00100", "f0ff00", "f00fab00", "f00fba2801", "f08700", "f00fb100", "f0480fc708", "f0f610"})
    void takesALockBeforeWhatUpdatesMemory(String hex) {
        assertThat(decoded(hex)).isNotEqualTo(Op.UD);
    }

    @Test
    void readsASourceWithoutModRmFromTheDataSegmentOrTheOneBeforeIt() {
        assertThat((int) decoded("a4", Decoder.BITS16).segment).isEqualTo(Insn.DS);
        assertThat((int) decoded("26a4", Decoder.BITS32).segment).isEqualTo(Insn.ES);
        assertThat((int) decoded("26a4", Decoder.BITS64).segment).isEqualTo(Insn.FLAT);
        assertThat((int) decoded("64d7", Decoder.BITS64).segment).isEqualTo(Insn.FS);
        assertThat((int) decoded("65660ff7c1", Decoder.BITS64).segment).isEqualTo(Insn.GS);
    }
}
