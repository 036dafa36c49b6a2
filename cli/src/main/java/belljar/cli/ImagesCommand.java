package belljar.cli;

import static java.util.Comparator.comparing;

import belljar.failure.UserException;
import belljar.image.ImageSummary;
import belljar.image.Images;
import belljar.image.Reference;
import belljar.image.StoredImage;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code belljar images}. */
final class ImagesCommand implements Command {
    private static final String NONE = "<none>";

    @Override
    public String name() {
        return "images";
    }

    @Override
    public String usage() {
        return "[NAME]";
    }

    @Override
    public String summary() {
        return "list images";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("quiet", 'q', "show ids only")
                .flag("all", 'a', "as without: there are no intermediate images")
                .list("filter", 'f', "KEY=VALUE", ImageFilter.HELP)
                .value("sort", "FIELD", "order: created, id, repository, size or tag")
                .flag("noheading", 'n', "leave out the heading")
                .flag("digests", "show the manifests' digests, too")
                .flag("no-trunc", "show ids in full")
                .value("format", "FORMAT", "json, or a template such as {{.Repository}}:{{.Tag}}")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 1, "[NAME]");
        String wanted =
                arguments.operands().isEmpty() ? "" : arguments.operands().get(0);
        Listing listing = listing(arguments.flag("digests"));
        long now = System.currentTimeMillis();
        List<String> seen = new ArrayList<>();
        Images images = session.images();
        ImageFilter filter = new ImageFilter(images, arguments.values("filter"));
        for (ImageSummary summary : sorted(images.list(), arguments.value("sort"))) {
            String id = summary.image().id().hex();
            boolean again = arguments.flag("quiet") && seen.contains(id);
            if (!again && matches(summary, wanted) && filter.fits(summary)) {
                seen.add(id);
                listing.add(row(summary, arguments.flag("no-trunc"), now));
            }
        }
        String format = arguments.value("format");
        session.out()
                .print(
                        arguments.flag("quiet")
                                ? listing.only("ID")
                                : arguments.flag("noheading") && format.isEmpty()
                                        ? listing.body()
                                        : listing.render(format));
        return 0;
    }

    private static List<ImageSummary> sorted(List<ImageSummary> images, String field) {
        if (field.isEmpty()) {
            return images;
        }
        Comparator<ImageSummary> order = switch (field) {
            case "created" -> comparing(ImagesCommand::created).reversed();
            case "id" -> comparing(image -> image.image().id().hex());
            case "repository" ->
                comparing(image -> image.name().isPresent() ? image.name().get().name() : NONE);
            case "size" -> Comparator.comparingLong(image -> image.image().size());
            case "tag" ->
                comparing(image ->
                        image.name().isPresent() ? image.name().get().tag().orElse(NONE) : NONE);
            default -> throw new UserException("--sort '" + field + "' is none of created, id, repository, size, tag");
        };
        List<ImageSummary> sorted = new ArrayList<>(images);
        sorted.sort(order);
        return sorted;
    }

    private static String created(ImageSummary summary) {
        return summary.image().config().created();
    }

    private static Listing listing(boolean digests) {
        return digests
                ? new Listing(
                        "Repository",
                        "REPOSITORY",
                        "Tag",
                        "TAG",
                        "Digest",
                        "DIGEST",
                        "ID",
                        "IMAGE ID",
                        "Created",
                        "CREATED",
                        "Size",
                        "SIZE")
                : new Listing(
                        "Repository",
                        "REPOSITORY",
                        "Tag",
                        "TAG",
                        "ID",
                        "IMAGE ID",
                        "Created",
                        "CREATED",
                        "Size",
                        "SIZE");
    }

    private static boolean matches(ImageSummary summary, String wanted) {
        if (wanted.isEmpty() || summary.packages().equals(wanted)) {
            return true;
        }
        if (summary.name().isEmpty() || wanted.startsWith("apt:")) {
            return false;
        }
        Reference name = summary.name().get();
        Reference asked = Reference.parse(wanted);
        boolean anyTag = asked.familiar().equals(wanted) && asked.familiarName().equals(wanted)
                || asked.name().equals(wanted);
        return anyTag ? name.name().equals(asked.name()) : name.toString().equals(asked.toString());
    }

    private static Map<String, String> row(ImageSummary summary, boolean full, long now) {
        StoredImage image = summary.image();
        Map<String, String> row = new LinkedHashMap<>();
        if (summary.name().isPresent()) {
            row.put("Repository", summary.name().get().familiarName());
            row.put("Tag", summary.name().get().tag().orElse(NONE));
        } else {
            row.put("Repository", summary.packages().isEmpty() ? NONE : summary.packages());
            row.put("Tag", NONE);
        }
        row.put("Digest", image.manifest().digest().toString());
        row.put("ID", full ? image.id().toString() : image.id().shortHex());
        row.put("Created", age(image.config().created(), now));
        row.put("CreatedAt", image.config().created());
        row.put("Size", Text.size(image.size()));
        return row;
    }

    private static String age(String created, long now) {
        try {
            return created.isEmpty() ? "" : Text.ago(Instant.parse(created).toEpochMilli(), now);
        } catch (DateTimeException e) {
            return ""; // it is the image's word, and not worth a failure
        }
    }
}
