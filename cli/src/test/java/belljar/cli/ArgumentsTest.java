package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ArgumentsTest {
    private static final OptionTable TABLE = new OptionTable()
            .flag("interactive", 'i', "")
            .flag("tty", 't', "")
            .list("env", 'e', "NAME=VALUE", "")
            .value("network", "MODE", "")
            .alias("net", "network")
            .value("user", 'u', "USER", "")
            .refused("detach", 'd', "is not built yet; leave it out");

    @Test
    void understandsEveryNotation() {
        Arguments a =
                parse("-it", "-eA=1", "-e", "B=2", "--env", "C=3", "--env=D=4", "-e=E=5", "--net=host", "-tu", "me");
        assertThat(a.flag("interactive")).isTrue();
        assertThat(a.flag("tty")).isTrue();
        assertThat(a.values("env")).containsExactly("A=1", "B=2", "C=3", "D=4", "E=5");
        assertThat(a.value("network")).isEqualTo("host");
        assertThat(a.value("user")).isEqualTo("me");
    }

    @Test
    void letsTheLastOfTwoCount() {
        Arguments a = parse("-t", "--tty=false", "-u", "a", "--user", "b");
        assertThat(a.flag("tty")).isFalse();
        assertThat(a.value("user")).isEqualTo("b");
        assertThat(a.flag("interactive", true)).isTrue();
        assertThat(a.has("interactive")).isFalse();
    }

    @Test
    void leavesWhatFollowsTheImageToTheProgram() {
        assertThat(parse("-t", "img", "-t", "--env", "--").operands()).containsExactly("img", "-t", "--env", "--");
        assertThat(parse("--", "-t", "x").operands()).containsExactly("-t", "x");
        assertThat(parse("-", "x").operands()).containsExactly("-", "x");
        Arguments mixed = Arguments.parse("images", TABLE, List.of("a", "-t", "b", "--", "-i"), false);
        assertThat(mixed.operands()).containsExactly("a", "b", "-i");
        assertThat(mixed.flag("tty")).isTrue();
    }

    @Test
    void takesAnOptionLikeWordAsAValue() {
        assertThat(parse("-e", "-t").values("env")).containsExactly("-t");
        assertThat(parse("--user=").value("user")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--netwrk=x | unknown option --netwrk; did you mean --network? 'belljar run --help' lists the options",
                "--zzzzzzzz | unknown option --zzzzzzzz; 'belljar run --help' lists the options",
                "-tx | unknown option -x in '-tx'; 'belljar run --help' lists the options",
                "-x | unknown option -x; 'belljar run --help' lists the options",
                "--user | --user needs a value; write it as --user USER",
                "-tu | -u needs a value; write it as --user USER",
                "--tty=maybe | --tty is either true or false, not 'maybe'",
                "-d | -d is not built yet; leave it out",
                "--detach | --detach is not built yet; leave it out",
                "--detach=true | --detach is not built yet; leave it out",
            })
    void refuses(String argument, String message) {
        assertThatThrownBy(() -> parse(argument))
                .isInstanceOf(UserException.class)
                .hasMessage(message);
    }

    @Test
    void countsOperands() {
        assertThatThrownBy(() -> parse().expect(1, 2, "an image"))
                .isInstanceOf(UserException.class)
                .hasMessage("'belljar run' needs an image; see 'belljar run --help'");
        assertThatThrownBy(() -> parse("a", "b").expect(1, 1, "an image"))
                .isInstanceOf(UserException.class)
                .hasMessage("'b' is one argument too many for 'belljar run'; see 'belljar run --help'");
    }

    private static Arguments parse(String... args) {
        return Arguments.parse("run", TABLE, Arrays.asList(args), true);
    }
}
