package belljar.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The options that a command takes, in the order in which its help lists them. */
final class OptionTable {
    /** What an option takes. */
    enum Kind {
        /** Nothing, or {@code =true} or {@code =false}. */
        FLAG,
        /** A value; where it is repeated, the last one counts. */
        VALUE,
        /** A value each time it is given. */
        LIST,
        /** Nothing good: it is known, and refused with the help text as the reason. */
        REFUSED
    }

    /**
     * An option.
     *
     * @param name the long name, without dashes
     * @param letter the short name; 0 for none
     * @param kind what it takes
     * @param argument what its value is called in the help; empty without one
     * @param help what it does, in one line
     */
    record Option(String name, char letter, Kind kind, String argument, String help) {}

    private final List<Option> options = new ArrayList<>();
    private final List<String> aliases = new ArrayList<>();

    /** Adds an option without a value. */
    OptionTable flag(String name, char letter, String help) {
        options.add(new Option(name, letter, Kind.FLAG, "", help));
        return this;
    }

    /** Adds an option without a value and a short name. */
    OptionTable flag(String name, String help) {
        return flag(name, (char) 0, help);
    }

    /** Adds an option with one value. */
    OptionTable value(String name, char letter, String argument, String help) {
        options.add(new Option(name, letter, Kind.VALUE, argument, help));
        return this;
    }

    /** Adds an option with one value and without a short name. */
    OptionTable value(String name, String argument, String help) {
        return value(name, (char) 0, argument, help);
    }

    /** Adds an option that can be given several times. */
    OptionTable list(String name, char letter, String argument, String help) {
        options.add(new Option(name, letter, Kind.LIST, argument, help));
        return this;
    }

    /** Adds an option that can be given several times and has no short name. */
    OptionTable list(String name, String argument, String help) {
        return list(name, (char) 0, argument, help);
    }

    /** Adds an option that people know from elsewhere and that cannot be had here. */
    OptionTable refused(String name, char letter, String reason) {
        options.add(new Option(name, letter, Kind.REFUSED, "", reason));
        return this;
    }

    /** Adds another long name for an option. */
    OptionTable alias(String alias, String name) {
        aliases.add(alias);
        aliases.add(name);
        return this;
    }

    /** {@return the options in the order they were added} */
    List<Option> options() {
        return options;
    }

    /** {@return the option of a long name, or null} */
    @Nullable Option named(String name) {
        String real = name;
        for (int i = 0; i < aliases.size(); i += 2) {
            if (aliases.get(i).equals(name)) {
                real = aliases.get(i + 1);
            }
        }
        for (Option option : options) {
            if (option.name().equals(real)) {
                return option;
            }
        }
        return null;
    }

    /** {@return the option of a short name, or null} */
    @Nullable Option lettered(char letter) {
        for (Option option : options) {
            if (option.letter() == letter) {
                return option;
            }
        }
        return null;
    }
}
