package belljar.cli;

import belljar.json.Json;
import java.util.List;

/** A part of a {@link Template}. */
sealed interface TemplateNode {
    /** Plain text. */
    record Text(String text) implements TemplateNode {}

    /** A value to show. */
    record Action(Pipe pipe) implements TemplateNode {}

    /** {@code if}. */
    record If(Pipe pipe, List<TemplateNode> body, List<TemplateNode> otherwise) implements TemplateNode {}

    /** {@code with}. */
    record With(Pipe pipe, List<TemplateNode> body, List<TemplateNode> otherwise) implements TemplateNode {}

    /** {@code range}; the names of its variables, empty for none. */
    record Range(String key, String value, Pipe pipe, List<TemplateNode> body, List<TemplateNode> otherwise)
            implements TemplateNode {}

    /**
     * A pipeline.
     *
     * @param variable the variable that gets its value, with the dollar sign; empty for none
     * @param calls what is done, each with the result of the one before as its last argument
     */
    record Pipe(String variable, List<Call> calls) {}

    /** A value, or a function and its arguments. */
    record Call(List<Operand> operands) {}

    /** What stands in a call. */
    sealed interface Operand {}

    /** A field of the thing at hand; the thing itself when the path is empty. */
    record Field(List<String> path) implements Operand {}

    /** A variable's field; {@code $} alone is the thing that the template is rendered for. */
    record Variable(String name, List<String> path) implements Operand {}

    /** A value that stands in the template. */
    record Literal(Json value) implements Operand {}

    /** A function's name. */
    record Function(String name) implements Operand {}

    /** A pipeline in parentheses, or a field of its value. */
    record Group(Pipe pipe, List<String> path) implements Operand {}
}
