package belljar.image;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads what {@code /usr/lib/sysusers.d/*.conf} declares (sysusers.d(5)): the users and groups that a package needs,
 * without running its scripts. Lines of an unknown kind are passed over, as systemd-sysusers(8) does with a warning.
 */
final class EtcSysusers {
    private EtcSysusers() {}

    /**
     * Reads one file.
     *
     * @param text the file's content
     * @param users where the declarations are added
     */
    static void read(String text, EtcUsers users) {
        for (String line : text.lines().toList()) {
            List<String> words = words(line);
            if (words.size() < 2 || words.get(0).startsWith("#")) {
                continue;
            }
            String id = word(words, 2);
            switch (words.get(0)) {
                // "u!" is a user that cannot log in; none of ours can.
                case "u", "u!" -> user(words, id, users);
                case "g" -> users.group(words.get(1), number(id));
                case "m" -> users.member(words.get(1), id);
                default -> {}
            }
        }
    }

    private static void user(List<String> words, String id, EtcUsers users) {
        int colon = id.indexOf(':');
        String uid = colon < 0 ? id : id.substring(0, colon);
        String group = colon < 0 ? "" : id.substring(colon + 1);
        String home = word(words, 4);
        String shell = word(words, 5);
        users.user(
                words.get(1),
                number(uid),
                group,
                word(words, 3),
                home.isEmpty() ? "/" : home,
                shell.isEmpty() ? EtcUsers.NO_LOGIN : shell);
    }

    /** A path instead of a number asks for that file's owner, which for a file of an image is to be chosen as well. */
    private static int number(String id) {
        return EtcUsers.idOf(id);
    }

    private static String word(List<String> words, int index) {
        String word = index < words.size() ? words.get(index) : "";
        return word.equals("-") ? "" : word;
    }

    /**
     * {@return a line's words; quotes group, a backslash takes the next character as it is}
     *
     * @param line the line
     */
    static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean inWord = false;
        char quote = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\\' && i + 1 < line.length()) {
                word.append(line.charAt(++i));
                inWord = true;
            } else if (quote != 0) {
                if (c == quote) {
                    quote = 0;
                } else {
                    word.append(c);
                }
            } else if (c == '"' || c == '\'') {
                quote = c;
                inWord = true;
            } else if (c == ' ' || c == '\t') {
                if (inWord) {
                    words.add(word.toString());
                    word.setLength(0);
                    inWord = false;
                }
            } else {
                word.append(c);
                inWord = true;
            }
        }
        if (inWord) {
            words.add(word.toString());
        }
        return words;
    }
}
