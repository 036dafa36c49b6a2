package belljar.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonTest {
    @Test
    void keepsADocumentAsItIs() throws JsonException {
        String text = "{\"b\":[1,-2.50,1e3,true,false,null,{}],\"a\":\"x\\\"\\\\\\n\\t/é\"}";
        assertThat(Json.parse(text)).hasToString(text);
    }

    @Test
    void readsEscapes() throws JsonException {
        assertThat(Json.parse("\"\\u0041\\/\\b\\f\\r\\ud83d\\ude00\"").asText()).isEqualTo("A/\b\f\r\ud83d\ude00");
    }

    @Test
    void writesALoneSurrogateSoThatItSurvivesAFile() throws JsonException {
        String written = Json.of("a\ud800b").toString();
        assertThat(written).isEqualTo("\"a\\ud800b\"");
        assertThat(Json.parse(written).asText()).isEqualTo("a\ud800b");
    }

    @Test
    void indentsForPeople() throws JsonException {
        assertThat(JsonWriter.writeIndented(Json.parse("{\"a\":[1,2],\"b\":{}}")))
                .isEqualTo("{\n    \"a\": [\n        1,\n        2\n    ],\n    \"b\": {}\n}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[1,]",
                "{\"a\":1,}",
                "{a:1}",
                "{\"a\" 1}",
                "01",
                "+1",
                "1.",
                ".5",
                "1e",
                "-",
                "tru",
                "nul",
                "\"a",
                "\"\\x\"",
                "\"\\u12g4\"",
                "\"\\u12",
                "\"a\nb\"",
                "1 2",
                "[1] x",
                "{\"a\":1,\"a\":2}",
                "'a'",
                "NaN"
            })
    void refusesWhatIsNotJson(String text) {
        assertThatThrownBy(() -> Json.parse(text)).isInstanceOf(JsonException.class);
    }

    @Test
    void saysWhereTheTextIsWrong() {
        assertThatThrownBy(() -> Json.parse("{\n  \"a\": x\n}"))
                .hasMessageContaining("line 2")
                .hasMessageContaining("column 8");
    }

    @Test
    void boundsItsDepth() throws JsonException {
        int most = JsonParser.MAX_DEPTH;
        assertThat(Json.parse("[".repeat(most) + "]".repeat(most)).asList()).hasSize(1);
        assertThatThrownBy(() -> Json.parse("[".repeat(1_000_000)))
                .isInstanceOf(JsonException.class)
                .hasMessageContaining("deeper");
    }

    @Test
    void readsWholeNumbersOnlyWhereTheyFit() throws JsonException {
        assertThat(Json.parse("9223372036854775807").asLong()).isEqualTo(Long.MAX_VALUE);
        assertThat(Json.parse("1e3").asLong()).isEqualTo(1000);
        for (String text : List.of("9223372036854775808", "1.5", "1e999999999", "\"1\"")) {
            assertThatThrownBy(() -> Json.parse(text).asLong()).isInstanceOf(JsonException.class);
        }
    }

    @Test
    void namesTheMemberOfTheWrongType() throws JsonException {
        JsonObject object = Json.parse("{\"n\":\"x\",\"z\":null}").asObject();
        assertThatThrownBy(() -> object.number("n", 0)).hasMessageContaining("'n'");
        assertThatThrownBy(() -> object.text("m")).hasMessageContaining("'m' is missing");
        assertThatThrownBy(() -> object.text("z")).hasMessageContaining("'z' is missing");
        assertThat(object.text("z", "fallback")).isEqualTo("fallback");
        assertThat(object.object("none").members()).isEmpty();
        assertThat(object.texts("none")).isEmpty();
    }

    @Test
    void buildsObjectsInOrder() {
        JsonObject object = JsonObject.builder()
                .put("b", 1)
                .put("a", List.of("x", "y"))
                .put("c", true)
                .build();
        assertThat(object).hasToString("{\"b\":1,\"a\":[\"x\",\"y\"],\"c\":true}");
        assertThat(object.toBuilder().remove("a").put("b", "n").build()).hasToString("{\"b\":\"n\",\"c\":true}");
        assertThat(object).hasToString("{\"b\":1,\"a\":[\"x\",\"y\"],\"c\":true}");
    }
}
