package belljar.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Who asks for a command: usually the process that was started for it, else one that has handed it over.
 *
 * @param env its environment
 * @param out where results are written
 * @param err where messages are written
 * @param outFd the descriptor below {@code out}, for what is not text
 * @param errFd the descriptor below {@code err}
 * @param program the program by its absolute path and all words before the command line, for another run of it
 */
record Origin(
        Map<String, String> env,
        PrintStream out,
        PrintStream err,
        int outFd,
        int errFd,
        Supplier<List<String>> program) {
    /** {@return this process, which writes to its own standard output and error} */
    static Origin process(Map<String, String> env, PrintStream out, PrintStream err) {
        return new Origin(env, out, err, 1, 2, ThisProgram::words);
    }
}
