package belljar.cli;

import belljar.cli.OptionTable.Kind;
import belljar.cli.OptionTable.Option;
import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of one command, told apart by its {@link OptionTable}, in the way of getopt_long(3) and of Docker's and
 * Podman's flags: {@code --name=value}, {@code --name value}, {@code -n value}, {@code -nvalue}, {@code -it},
 * {@code --flag=false}, and {@code --} for the end of the options.
 */
final class Arguments {
    private final String command;
    private final List<String> names = new ArrayList<>();
    private final List<String> values = new ArrayList<>();
    private final List<String> operands = new ArrayList<>();

    private Arguments(String command) {
        this.command = command;
    }

    /**
     * Tells arguments apart.
     *
     * @param command the command's name, for messages; empty for the options before it
     * @param table its options
     * @param args the arguments
     * @param operandEnds whether the first operand ends the options, so that what follows belongs to another program
     * @throws UserException if an option is unknown, refused, or lacks or does not take a value
     */
    static Arguments parse(String command, OptionTable table, List<String> args, boolean operandEnds) {
        Arguments parsed = new Arguments(command);
        int at = 0;
        while (at < args.size()) {
            String arg = args.get(at);
            if (arg.equals("--")) {
                parsed.operands.addAll(args.subList(at + 1, args.size()));
                break;
            }
            if (arg.startsWith("--")) {
                at = parsed.takeLong(table, args, at);
            } else if (arg.startsWith("-") && arg.length() > 1) {
                at = parsed.takeShort(table, args, at);
            } else if (operandEnds) {
                parsed.operands.addAll(args.subList(at, args.size()));
                break;
            } else {
                parsed.operands.add(arg);
                at++;
            }
        }
        return parsed;
    }

    private int takeLong(OptionTable table, List<String> args, int at) {
        String arg = args.get(at);
        int equals = arg.indexOf('=');
        String name = arg.substring(2, equals < 0 ? arg.length() : equals);
        Option option = table.named(name);
        if (option == null) {
            throw unknown("--" + name, Suggestion.forOption(name, table));
        }
        refuse(option, "--" + name);
        if (equals >= 0) {
            String value = arg.substring(equals + 1);
            if (option.kind() == Kind.FLAG && !value.equals("true") && !value.equals("false")) {
                throw new UserException("--" + name + " is either true or false, not '" + value + "'");
            }
            put(option, value);
            return at + 1;
        }
        if (option.kind() == Kind.FLAG) {
            put(option, "true");
            return at + 1;
        }
        return takeNext(option, "--" + name, args, at);
    }

    private int takeShort(OptionTable table, List<String> args, int at) {
        String arg = args.get(at);
        for (int i = 1; i < arg.length(); i++) {
            Option option = table.lettered(arg.charAt(i));
            if (option == null) {
                throw unknown("-" + arg.charAt(i) + (arg.length() > 2 ? " in '" + arg + "'" : ""), "");
            }
            refuse(option, "-" + arg.charAt(i));
            if (option.kind() == Kind.FLAG) {
                put(option, "true");
            } else if (i + 1 < arg.length()) {
                int from = arg.charAt(i + 1) == '=' ? i + 2 : i + 1;
                put(option, arg.substring(from));
                return at + 1;
            } else {
                return takeNext(option, "-" + arg.charAt(i), args, at);
            }
        }
        return at + 1;
    }

    private int takeNext(Option option, String spelled, List<String> args, int at) {
        if (at + 1 >= args.size()) {
            throw new UserException(
                    spelled + " needs a value; write it as --" + option.name() + " " + option.argument());
        }
        put(option, args.get(at + 1));
        return at + 2;
    }

    private void refuse(Option option, String spelled) {
        if (option.kind() == Kind.REFUSED) {
            throw new UserException(spelled + " " + option.help());
        }
    }

    private UserException unknown(String spelled, String suggestion) {
        String full = command.isEmpty() ? "belljar" : "belljar " + command;
        String mend = suggestion.isEmpty() ? "" : "did you mean --" + suggestion + "? ";
        return new UserException("unknown option " + spelled + "; " + mend + "'" + full + " --help' lists the options");
    }

    private void put(Option option, String value) {
        names.add(option.name());
        values.add(value);
    }

    /** {@return what is not an option, in order} */
    List<String> operands() {
        return operands;
    }

    /** {@return whether an option was given} */
    boolean has(String name) {
        return names.contains(name);
    }

    /** {@return whether a flag is on} */
    boolean flag(String name) {
        return flag(name, false);
    }

    /**
     * {@return whether a flag is on}
     *
     * @param name its name
     * @param otherwise what counts when it was not given
     */
    boolean flag(String name, boolean otherwise) {
        String value = last(name);
        return value == null ? otherwise : value.equals("true");
    }

    /** {@return an option's last value; empty when it was not given} */
    String value(String name) {
        String value = last(name);
        return value == null ? "" : value;
    }

    private @Nullable String last(String name) {
        for (int i = names.size() - 1; i >= 0; i--) {
            if (names.get(i).equals(name)) {
                return values.get(i);
            }
        }
        return null;
    }

    /** {@return every value of an option, in order} */
    List<String> values(String name) {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equals(name)) {
                all.add(values.get(i));
            }
        }
        return all;
    }

    /** {@return every value of an option whose values may also stand in one argument with commas between them} */
    List<String> separated(String name) {
        List<String> all = new ArrayList<>();
        for (String value : values(name)) {
            all.addAll(Text.split(value, ','));
        }
        return all;
    }

    /**
     * Checks how many operands there are.
     *
     * @param least the fewest
     * @param most the most
     * @param usage what they are, such as {@code IMAGE [IMAGE...]}
     * @throws UserException if there are more or fewer
     */
    void expect(int least, int most, String usage) {
        if (operands.size() < least) {
            throw new UserException(
                    "'belljar " + command + "' needs " + usage + "; see 'belljar " + command + " --help'");
        }
        if (operands.size() > most) {
            throw new UserException("'" + operands.get(most) + "' is one argument too many for 'belljar " + command
                    + "'; see 'belljar " + command + " --help'");
        }
    }
}
