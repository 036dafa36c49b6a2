package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Go's text/template gives for the same templates and values. */
final class TemplateTest {
    private static final String THING = """
            {"ID":"abc","State":{"Status":"running","Pid":42,"Paused":false,"Health":null},
             "Names":["web","www"],"Labels":{"b":"2","a":"one two"},"Size":1500,"Empty":[],
             "NetworkSettings":{"Networks":{"net1":{"IPAddress":"10.0.0.2"},"net0":{"IPAddress":"10.0.0.1"}}}}
            """;

    private static String render(String template) throws JsonException {
        return Template.parse(template).render(Json.parse(THING));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{{.ID}} is {{ .State.Status }} | abc is running",
                "{{.Id}} | abc",
                "{{json .State}} | {\"Status\":\"running\",\"Pid\":42,\"Paused\":false,\"Health\":null}",
                "~{{.Names | json}}~ | [\"web\",\"www\"]",
                "{{.Names}} {{.Labels}} {{.Size}} | [web www] map[a:one two b:2] 1500",
                "{{range .Names}}<{{.}}>{{end}} | <web><www>",
                "{{range .Empty}}x{{else}}none{{end}} | none",
                "{{range $k, $v := .NetworkSettings.Networks}}{{$k}}={{$v.IPAddress}};{{end}} | net0=10.0.0.1;net1=10.0.0.2;",
                "{{range $i, $n := .Names}}{{if $i}},{{end}}{{$n}}{{end}} | web,www",
                "{{range $n := .Names}}{{$n}}{{$.ID}} {{end}}. | webabc wwwabc .",
                "{{if .State.Paused}}p{{else if eq .State.Status \"running\"}}r{{else}}o{{end}} | r",
                "{{if .State.Health}}{{.State.Health.Status}}{{else}}no health{{end}} | no health",
                "{{with .State}}{{.Pid}}{{end}} | 42",
                "{{index .Labels \"a\"}}, {{index .Names 1}}, '{{index .Labels \"x\"}}' | one two, www, ''",
                "{{.Labels.b}} {{.Labels.x}} | 2 <no value>",
                "{{len .Names}} {{len .ID}} | 2 3",
                "{{join .Names \"+\"}} | web+www",
                "~{{.Names | join \"+\"}}~ | web+www",
                "{{upper .ID}}{{lower \"XY\"}}{{title \"a word\"}} | ABCxyA Word",
                "{{printf \"%s-%5d/%-4s/%q%%\" .ID .Size \"x\" \"y\"}} | abc- 1500/x   /\"y\"%",
                "{{print .ID .Size}} | abc 1500",
                "{{\"\\t\"}}x{{`q`}} | ~\txq~",
                "a {{- .ID -}}  b{{/* nothing */}} | aabcb",
                "{{eq .Size 1500}} {{ne .ID \"abc\"}} {{gt .Size 1499}} {{lt .ID \"abd\"}} | true false true true",
                "{{and .ID .Size}} {{or .State.Paused \"no\"}} {{not .Empty}} | 1500 no true",
                "{{(index .NetworkSettings.Networks \"net1\").IPAddress}} | 10.0.0.2",
                "{{$x := .ID}}{{$x}} | abc",
                "{{split \"a.b\" \".\"}} {{truncate .ID 2}} {{pad .ID 1 2}}. | [a b] ab  abc  .",
            })
    void rendersWhatGoWould(String template, String wanted) throws JsonException {
        assertThat(render(template)).isEqualTo(wanted);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{{.State.Statu}} | unknown field 'Statu'; there are Status, Pid, Paused, Health",
                "{{.ID.X}} | names the field 'X' of 'abc', which has none",
                "{{if .ID}}x | its {{end}} is missing",
                "{{end}} | nothing is open there",
                "{{.ID .Size}} | only a function takes arguments",
                "{{range .ID}}{{end}} | neither a list nor a map",
                "{{$x}} | uses the variable $x, which it does not set",
                "{{index .Names 7}} | asks for item 7 of a list of 2",
                "{{printf \"%d\" .ID}} | cannot show 'abc' as %d",
                "{{template \"x\"}} | 'template' is not built",
                "{{slash}} | of functions there are",
                "{{len}} | needs more arguments",
                "{{.ID - }} | is not understood",
                "{{}} | is not understood",
                "{{(.ID}} | its ) is missing",
            })
    void refusesInOneSentence(String template, String message) {
        assertThatThrownBy(() -> render(template))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("--format")
                .hasMessageContaining(message);
    }

    @Test
    void headingsAreTheNamesOfTheColumns() {
        assertThat(Template.parse("{{.ID}}\\t{{json .Labels}}\\t{{upper .State.Status}}")
                        .headings(Map.of("ID", "CONTAINER ID")))
                .isEqualTo("CONTAINER ID\tLABELS\tSTATE");
    }

    @Test
    void anUnknownFieldIsRefusedWithoutRowsToo() {
        Listing listing = new Listing("ID", "ID").fields("Size");
        assertThat(listing.render("{{.Size}}")).isEmpty();
        assertThatThrownBy(() -> listing.render("{{.Sice}}"))
                .isInstanceOf(UserException.class)
                .hasMessage("--format names the unknown field 'Sice'; there are ID, Size");
    }
}
