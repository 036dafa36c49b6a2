package belljar.microvm;

import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import belljar.virtio.RateLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What a snapshot says of its machine, and what it goes together with.
 *
 * @param hardware what the machine has; files by their absolute paths
 * @param disks how each disk's file was
 * @param memoryId what the file with the memory says of itself, so that one of another snapshot is known
 */
record SnapshotHeader(Hardware hardware, List<DiskMark> disks, String memoryId) {
    /**
     * How a disk's file was.
     *
     * @param size its bytes
     * @param changed when it was written to last, nanoseconds since 1970
     */
    record DiskMark(long size, long changed) {
        static DiskMark of(Path file) throws IOException {
            FileTime time = Files.getLastModifiedTime(file);
            return new DiskMark(Files.size(file), time.to(TimeUnit.NANOSECONDS));
        }
    }

    SnapshotHeader {
        disks = List.copyOf(disks);
    }

    String toText() {
        List<Json> diskList = new ArrayList<>();
        for (int i = 0; i < disks.size(); i++) {
            DiskSpec disk = hardware.disks().get(i);
            diskList.add(JsonObject.builder()
                    .put("file", disk.file().toString())
                    .put("readOnly", disk.readOnly())
                    .put("limit", limit(disk.limit()))
                    .put("size", disks.get(i).size())
                    .put("changed", disks.get(i).changed())
                    .build());
        }
        List<Json> networks = new ArrayList<>();
        for (NetSpec network : hardware.networks()) {
            networks.add(JsonObject.builder()
                    .put("tap", network.tap())
                    .put("mac", network.mac())
                    .put("limit", limit(network.limit()))
                    .build());
        }
        JsonObject.Builder all = JsonObject.builder()
                .put("memory", hardware.memory())
                .put("memoryId", memoryId)
                .put("cpus", hardware.cpus())
                .put("engine", hardware.engine().name().toLowerCase(Locale.ROOT))
                .put("disks", new Json.Arr(diskList))
                .put("networks", new Json.Arr(networks))
                .put(
                        "extras",
                        hardware.extras().stream().map(Enum::name).sorted().toList());
        hardware.vsock()
                .ifPresent(vsock -> all.put(
                        "vsock",
                        JsonObject.builder()
                                .put("cid", vsock.cid())
                                .put("path", vsock.path().toString())
                                .build()));
        return all.build().toString();
    }

    /**
     * Reads what {@link #toText} has written.
     *
     * @throws JsonException if it is something else
     * @throws belljar.failure.UserException if there can be no such machine
     */
    static SnapshotHeader parse(String text) throws JsonException {
        if (!(Json.parse(text) instanceof JsonObject all)) {
            throw new JsonException("it is no object");
        }
        List<DiskSpec> disks = new ArrayList<>();
        List<DiskMark> marks = new ArrayList<>();
        for (Json each : all.list("disks")) {
            JsonObject disk = object(each);
            disks.add(new DiskSpec(
                    Path.of(disk.text("file")), disk.bool("readOnly", false), limit(disk.object("limit"))));
            marks.add(new DiskMark(disk.number("size", -1), disk.number("changed", -1)));
        }
        List<NetSpec> networks = new ArrayList<>();
        for (Json each : all.list("networks")) {
            JsonObject network = object(each);
            networks.add(new NetSpec(network.text("tap"), network.text("mac"), limit(network.object("limit"))));
        }
        Optional<VsockSpec> vsock = Optional.empty();
        if (all.has("vsock")) {
            JsonObject socket = all.object("vsock");
            vsock = Optional.of(new VsockSpec(socket.number("cid", 0), Path.of(socket.text("path"))));
        }
        long cpus = all.number("cpus", 0);
        Hardware hardware = new Hardware(
                all.number("memory", 0),
                Math.clamp(cpus, 0, Integer.MAX_VALUE),
                engine(all.text("engine")),
                disks,
                networks,
                vsock,
                extras(all.texts("extras")));
        return new SnapshotHeader(hardware, marks, all.text("memoryId"));
    }

    private static JsonObject limit(RateLimit limit) {
        return JsonObject.builder()
                .put("bytes", limit.bytes())
                .put("operations", limit.operations())
                .build();
    }

    private static RateLimit limit(JsonObject json) throws JsonException {
        return new RateLimit(json.number("bytes", 0), json.number("operations", 0));
    }

    private static Set<Hardware.Extra> extras(List<String> names) throws JsonException {
        Set<Hardware.Extra> extras = EnumSet.noneOf(Hardware.Extra.class);
        for (String name : names) {
            try {
                extras.add(Hardware.Extra.valueOf(name));
            } catch (IllegalArgumentException e) {
                throw new JsonException("'" + name + "' is no device");
            }
        }
        return extras;
    }

    private static JsonObject object(Json json) throws JsonException {
        if (json instanceof JsonObject object) {
            return object;
        }
        throw new JsonException("'" + json + "' is no object");
    }

    private static EngineKind engine(String name) throws JsonException {
        for (EngineKind kind : EngineKind.values()) {
            if (kind.name().toLowerCase(Locale.ROOT).equals(name)) {
                return kind;
            }
        }
        throw new JsonException("'" + name + "' is no engine");
    }
}
