package belljar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class KeepingTest {
    @Test
    void copiesItsList() {
        ArrayList<String> args = new ArrayList<>(List.of("/bin/true"));
        Keeping keeping = new Keeping(-1, "/x.exit", LogTarget.NONE, false, args, "");
        args.add("more");
        assertThat(keeping.afterwards()).containsExactly("/bin/true");
    }

    @Test
    void refusesALogThatCannotBe() {
        assertThatThrownBy(() -> new LogTarget("/log", LogTarget.Format.CRI, -1, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new LogTarget("/log", LogTarget.Format.CRI, 0, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new LogTarget("/log", LogTarget.Format.CRI, 0, 100))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
