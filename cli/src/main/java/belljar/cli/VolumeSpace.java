package belljar.cli;

import belljar.engine.Volumes;
import belljar.volume.Volume;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How much of the disk volumes use.
 *
 * @param total how many there are
 * @param active how many of them a container uses
 * @param size the bytes of all of them
 * @param free the bytes of those that no container uses
 */
record VolumeSpace(int total, int active, long size, long free) {
    /** {@return that of all volumes} */
    static VolumeSpace of(Volumes volumes) {
        int total = 0;
        int active = 0;
        long size = 0;
        long free = 0;
        for (Volume volume : volumes.list()) {
            boolean used = !volumes.users(volume.name()).isEmpty();
            long bytes = size(volumes, volume);
            total++;
            active += used ? 1 : 0;
            size += bytes;
            free += used ? 0 : bytes;
        }
        return new VolumeSpace(total, active, size, free);
    }

    /** {@return a list of all volumes} */
    static Listing listing(Volumes volumes) {
        Listing listing = new Listing("VolumeName", "VOLUME NAME", "Links", "LINKS", "Size", "SIZE");
        for (Volume volume : volumes.list()) {
            Map<String, String> row = new LinkedHashMap<>();
            row.put("VolumeName", volume.name());
            row.put("Links", String.valueOf(volumes.users(volume.name()).size()));
            row.put("Size", Text.size(size(volumes, volume)));
            listing.add(row);
        }
        return listing;
    }

    /** {@return how many bytes the files of a volume have; one that lies elsewhere has none here} */
    static long size(Volumes volumes, Volume volume) {
        return volume.mounted() ? 0 : PsSize.below(volumes.directory(volume.name()), "the volume " + volume.name());
    }
}
