package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import belljar.image.ImageSummary;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code belljar system df}. */
final class SystemDfCommand implements Command {
    @Override
    public String name() {
        return "system df";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "show how much of the disk images, containers and volumes use";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("verbose", 'v', "show each image, container and volume")
                .value("format", "FORMAT", "json, or a template such as {{.Type}} {{.Size}}")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        Engine engine = session.engine();
        List<ContainerRecord> containers = engine.containers();
        List<ImageSummary> images = distinct(session.images().list());
        if (arguments.flag("verbose")) {
            session.out().print("Images space usage:\n\n");
            session.out().print(images(images, containers).render(arguments.value("format")));
            session.out().print("\nContainers space usage:\n\n");
            session.out().print(containers(engine, containers).render(arguments.value("format")));
            session.out().print("\nLocal Volumes space usage:\n\n");
            session.out().print(VolumeSpace.listing(engine.volumes()).render(arguments.value("format")));
            return 0;
        }
        Listing listing = new Listing(
                "Type", "TYPE", "Total", "TOTAL", "Active", "ACTIVE", "Size", "SIZE", "Reclaimable", "RECLAIMABLE");
        long size = 0;
        long free = 0;
        int active = 0;
        for (ImageSummary image : images) {
            boolean used = users(image, containers) > 0;
            active += used ? 1 : 0;
            size += image.image().size();
            free += used ? 0 : image.image().size();
        }
        listing.add(row("Images", images.size(), active, size, free));
        size = 0;
        free = 0;
        active = 0;
        for (ContainerRecord container : containers) {
            long written = PsSize.written(engine, container);
            active += container.lives() ? 1 : 0;
            size += written;
            free += container.lives() ? 0 : written;
        }
        listing.add(row("Containers", containers.size(), active, size, free));
        VolumeSpace volumes = VolumeSpace.of(engine.volumes());
        listing.add(row("Local Volumes", volumes.total(), volumes.active(), volumes.size(), volumes.free()));
        session.out().print(listing.render(arguments.value("format")));
        return 0;
    }

    private static Map<String, String> row(String type, int total, int active, long size, long free) {
        Map<String, String> row = new LinkedHashMap<>();
        row.put("Type", type);
        row.put("Total", String.valueOf(total));
        row.put("Active", String.valueOf(active));
        row.put("Size", Text.size(size));
        row.put("Reclaimable", Text.size(free) + " (" + (size == 0 ? 0 : Math.round(100.0 * free / size)) + "%)");
        return row;
    }

    /** An image of several names counts once. */
    private static List<ImageSummary> distinct(List<ImageSummary> all) {
        List<ImageSummary> images = new ArrayList<>();
        List<String> seen = new ArrayList<>();
        for (ImageSummary summary : all) {
            String id = summary.image().id().hex();
            if (!seen.contains(id)) {
                seen.add(id);
                images.add(summary);
            }
        }
        return images;
    }

    private static int users(ImageSummary image, List<ContainerRecord> containers) {
        int users = 0;
        for (ContainerRecord container : containers) {
            users += container.imageId().equals(image.image().id().hex())
                            || container.imageId().equals(image.image().id().toString())
                    ? 1
                    : 0;
        }
        return users;
    }

    private static Listing images(List<ImageSummary> images, List<ContainerRecord> containers) {
        Listing listing = new Listing(
                "Repository",
                "REPOSITORY",
                "Tag",
                "TAG",
                "ImageID",
                "IMAGE ID",
                "Size",
                "SIZE",
                "Containers",
                "CONTAINERS");
        for (ImageSummary image : images) {
            Map<String, String> row = new LinkedHashMap<>();
            row.put("Repository", image.name().isPresent() ? image.name().get().name() : image.packages());
            row.put("Tag", image.name().isPresent() ? image.name().get().tag().orElse("<none>") : "<none>");
            row.put("ImageID", image.image().id().shortHex());
            row.put("Size", Text.size(image.image().size()));
            row.put("Containers", String.valueOf(users(image, containers)));
            listing.add(row);
        }
        return listing;
    }

    private static Listing containers(Engine engine, List<ContainerRecord> containers) {
        Listing listing = new Listing(
                "ContainerID",
                "CONTAINER ID",
                "Image",
                "IMAGE",
                "Command",
                "COMMAND",
                "Size",
                "SIZE",
                "Created",
                "CREATED",
                "Status",
                "STATUS",
                "Names",
                "NAMES");
        long now = System.currentTimeMillis();
        for (ContainerRecord container : containers) {
            Map<String, String> row = new LinkedHashMap<>();
            row.put("ContainerID", PsRow.id(container, false));
            row.put("Image", container.image());
            row.put("Command", String.join(" ", container.command()));
            row.put("Size", Text.size(PsSize.written(engine, container)));
            row.put("Created", Text.ago(container.created(), now));
            row.put("Status", container.status().text());
            row.put("Names", container.name());
            listing.add(row);
        }
        return listing;
    }
}
