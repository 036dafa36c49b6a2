package belljar.json;

/**
 * The text is not JSON, or a value is not of the type its reader needs. Checked, because JSON mostly comes from outside
 * (registries, images, clients) and whoever reads it must say whose fault that is.
 */
public final class JsonException extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message what was found and where
     */
    public JsonException(String message) {
        super(message);
    }

    /** {@return what was found and where; never null} */
    @Override
    public String getMessage() {
        String message = super.getMessage();
        return message == null ? "" : message;
    }
}
