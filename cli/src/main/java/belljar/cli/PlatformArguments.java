package belljar.cli;

import belljar.failure.UserException;

/** The options that choose an image's platform: in one word, or part by part. */
final class PlatformArguments {
    private PlatformArguments() {}

    static OptionTable declare(OptionTable table) {
        return table.value("platform", "OS/ARCH[/VARIANT]", "choose the image's platform")
                .value("os", "OS", "choose its operating system (linux)")
                .value("arch", "ARCH", "choose its architecture (amd64)")
                .value("variant", "VARIANT", "choose the variant of its architecture");
    }

    /**
     * {@return the platform as {@code OS/ARCH[/VARIANT]}; empty where none is asked for}
     *
     * @throws UserException if it is given in both ways
     */
    static String of(Arguments arguments) {
        boolean parts = arguments.has("os") || arguments.has("arch") || arguments.has("variant");
        if (!parts) {
            return arguments.value("platform");
        }
        if (arguments.has("platform")) {
            throw new UserException("--platform says what --os, --arch and --variant say; give only one of them");
        }
        String os = arguments.value("os");
        String arch = arguments.value("arch");
        String variant = arguments.value("variant");
        return (os.isEmpty() ? "linux" : os) + "/" + (arch.isEmpty() ? "amd64" : arch)
                + (variant.isEmpty() ? "" : "/" + variant);
    }
}
