package belljar.cli;

import belljar.failure.UserException;
import belljar.image.ImageSummary;
import belljar.image.Images;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Which images {@code images --filter} means: all filters must fit. */
final class ImageFilter {
    static final String HELP = "only those that fit: reference, dangling, label, before, since or id";

    private final Images images;
    private final List<String> texts;

    /**
     * @param texts the values of {@code --filter}
     * @throws UserException if one is not understood
     */
    ImageFilter(Images images, List<String> texts) {
        this.images = images;
        this.texts = texts;
        for (String text : texts) {
            check(text);
        }
    }

    private static void check(String text) {
        int equals = text.indexOf('=');
        String key = equals < 0 ? text : text.substring(0, equals);
        if (equals < 0
                || !List.of("reference", "dangling", "label", "before", "since", "after", "id")
                        .contains(key)) {
            throw new UserException("--filter '" + text + "' is not understood; write KEY=VALUE, where KEY is one of"
                    + " reference, dangling, label, before, since and id");
        }
        String value = text.substring(equals + 1);
        if (key.equals("dangling") && !value.equals("true") && !value.equals("false")) {
            throw new UserException("--filter dangling is either true or false, not '" + value + "'");
        }
    }

    /** {@return whether an image fits} */
    boolean fits(ImageSummary summary) {
        for (String text : texts) {
            int equals = text.indexOf('=');
            if (!fits(summary, text.substring(0, equals), text.substring(equals + 1))) {
                return false;
            }
        }
        return true;
    }

    private boolean fits(ImageSummary summary, String key, String value) {
        return switch (key) {
            case "dangling" -> (summary.name().isEmpty() && summary.packages().isEmpty()) == value.equals("true");
            case "id" -> summary.image().id().hex().startsWith(value);
            case "label" -> hasLabel(summary.image().config().labels(), value);
            case "before" ->
                created(summary).isBefore(created(images.require(value).config().created()));
            case "since", "after" ->
                created(summary).isAfter(created(images.require(value).config().created()));
            default -> isNamed(summary, value);
        };
    }

    private static boolean hasLabel(Map<String, String> labels, String wanted) {
        int equals = wanted.indexOf('=');
        return equals < 0
                ? labels.containsKey(wanted)
                : wanted.substring(equals + 1).equals(labels.get(wanted.substring(0, equals)));
    }

    private static Instant created(ImageSummary summary) {
        return created(summary.image().config().created());
    }

    private static Instant created(String text) {
        try {
            return text.isEmpty() ? Instant.EPOCH : Instant.parse(text);
        } catch (DateTimeException e) {
            return Instant.EPOCH; // it is the image's word, and not worth a failure
        }
    }

    /**
     * The pattern, with * ? and [], may be of the whole name or of its end from a slash on, with or without the tag.
     */
    private static boolean isNamed(ImageSummary summary, String pattern) {
        if (summary.name().isEmpty()) {
            return summary.packages().equals(pattern);
        }
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
        String name = summary.name().get().name();
        String tagged = summary.name().get().toString();
        for (int at = 0; at >= 0; at = name.indexOf('/', at) < 0 ? -1 : name.indexOf('/', at) + 1) {
            if (matcher.matches(Path.of(name.substring(at))) || matcher.matches(Path.of(tagged.substring(at)))) {
                return true;
            }
        }
        return false;
    }
}
