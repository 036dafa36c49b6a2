package belljar.image;

/**
 * One package that apt chose.
 *
 * @param name its name
 * @param version its version, with epoch where it has one
 * @param architecture {@code amd64} or {@code all}
 */
record AptPackage(String name, String version, String architecture) {
    /**
     * {@return the file name apt gives the package in its archives directory}
     *
     * <p>apt quotes what a file name or its own name syntax cannot carry as {@code %xx}: the epoch's colon above all.
     */
    String fileName() {
        return quoted(name, "_:") + "_" + quoted(version, "_:") + "_" + quoted(architecture, "_:.") + ".deb";
    }

    private static String quoted(String text, String special) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (special.indexOf(c) >= 0 || c == '%' || c <= 0x20 || c >= 0x7f) {
                out.append('%').append(Character.forDigit(c >> 4 & 15, 16)).append(Character.forDigit(c & 15, 16));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    @Override
    public String toString() {
        return name + "=" + version + " " + architecture;
    }
}
