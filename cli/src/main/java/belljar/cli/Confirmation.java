package belljar.cli;

import belljar.engine.Terminal;
import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.IOException;

/** Asks before much is removed. */
final class Confirmation {
    private Confirmation() {}

    /**
     * Asks as Podman does, wherever the answer may come from; no answer is a no.
     *
     * @param what will be removed, such as {@code all stopped/exited pods}
     * @return whether the answer is yes
     */
    static boolean given(Session session, String what) {
        session.out().println("WARNING! This will remove " + what + ".");
        session.out().print("Are you sure you want to continue? [y/N] ");
        session.out().flush();
        try {
            return answer();
        } catch (IOException closed) {
            return false;
        }
    }

    /**
     * Asks somebody at a terminal.
     *
     * @param command the command that asks
     * @param question what is asked, with its question mark
     * @return whether the answer is yes
     * @throws UserException if there is no terminal
     */
    static boolean atTerminal(Session session, String command, String question) {
        if (!Terminal.isTerminal(0)) {
            throw new UserException("'belljar " + command
                    + "' asks before it removes, and there is no terminal to ask at; add --force");
        }
        session.err().print(question + " [y/N] ");
        session.err().flush();
        try {
            return answer();
        } catch (IOException e) {
            throw new HostException("the answer cannot be read: " + e.getMessage(), e);
        }
    }

    private static boolean answer() throws IOException {
        int answer = System.in.read();
        return answer == 'y' || answer == 'Y';
    }
}
