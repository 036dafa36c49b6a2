package belljar.microvm;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.json.JsonException;
import belljar.machine.StateReader;
import belljar.machine.StateWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A machine as it was at one moment, in a directory: the file {@code state}, with what the machine is and the state of
 * its parts, and the file {@code memory}, which is sparse and as long as the machine's memory and one page more. The
 * contents of disks are not in it.
 *
 * <p>The state begins with {@value #MAGIC}, the format's number, and the lengths of the description (JSON) and of the
 * parts' states, all little-endian; both follow, and a CRC-32C of everything before it.
 */
public final class Snapshot {
    /** Changes with every change of what a part saves. */
    static final int FORMAT = 1;

    static final String STATE = "state";
    static final String MEMORY = "memory";
    private static final String MAGIC = "BELLJARM";
    private static final int FRONT = MAGIC.length() + 3 * Integer.BYTES;

    /** Far more than all parts of the largest machine together. */
    private static final int MOST_STATE = 1 << 28;

    private final Path directory;
    private final SnapshotHeader header;
    private final byte[] parts;

    private Snapshot(Path directory, SnapshotHeader header, byte[] parts) {
        this.directory = directory;
        this.header = header;
        this.parts = parts;
    }

    /**
     * Opens a snapshot, and checks that it is whole; the memory's contents are not read.
     *
     * @param directory where it is
     * @return the snapshot
     * @throws UserException if there is none, it is damaged, or of another version
     * @throws HostException if it cannot be read
     */
    public static Snapshot open(Path directory) {
        try {
            Path file = directory.resolve(STATE);
            if (Files.size(file) > MOST_STATE) {
                throw damaged(directory, "its state has " + Files.size(file) + " bytes");
            }
            Snapshot snapshot = parse(directory, Files.readAllBytes(file));
            SnapshotMemory.check(directory, snapshot.header.hardware().memory(), snapshot.header.memoryId());
            return snapshot;
        } catch (NoSuchFileException e) {
            throw new UserException(
                    directory + " is no snapshot, since it has no file " + directory.relativize(Path.of(e.getFile()))
                            + "; give a directory that 'belljar vm snapshot' has made",
                    e);
        } catch (IOException e) {
            throw new HostException("cannot read the snapshot " + directory + ": " + e, e);
        }
    }

    static UserException damaged(Path directory, String what) {
        return new UserException(
                "the snapshot " + directory + " is damaged: " + what + "; take another, or restore a copy of it");
    }

    private static Snapshot parse(Path directory, byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < FRONT + Integer.BYTES || !MAGIC.equals(text(in, MAGIC.length()))) {
            throw new UserException(directory + " is no snapshot of a machine, by the first bytes of its state; give a "
                    + "directory that 'belljar vm snapshot' has made");
        }
        int format = in.getInt();
        if (format != FORMAT) {
            throw new UserException("the snapshot " + directory + " has format " + format + ", and this Belljar reads "
                    + FORMAT + "; restore it with the Belljar that took it");
        }
        long describing = in.getInt();
        long states = in.getInt();
        if (describing < 0 || states < 0 || FRONT + describing + states + Integer.BYTES != bytes.length) {
            throw damaged(directory, "its state has " + bytes.length + " bytes, which is not what it says");
        }
        CRC32C sum = new CRC32C();
        sum.update(bytes, 0, bytes.length - Integer.BYTES);
        if (in.getInt(bytes.length - Integer.BYTES) != (int) sum.getValue()) {
            throw damaged(directory, "the checksum of its state is wrong");
        }
        byte[] parts = new byte[(int) states];
        try {
            SnapshotHeader header = SnapshotHeader.parse(text(in, (int) describing));
            in.get(parts);
            return new Snapshot(directory, header, parts);
        } catch (JsonException | java.nio.file.InvalidPathException e) {
            throw damaged(directory, "its description is wrong: " + e.getMessage());
        }
    }

    private static String text(ByteBuffer in, int length) {
        byte[] text = new byte[length];
        in.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }

    /** {@return what its machine has} */
    public Hardware hardware() {
        return header.hardware();
    }

    StateReader parts() {
        return new StateReader(directory.toString(), parts);
    }

    /**
     * Makes sure that what a machine is to be restored with fits what it was saved with.
     *
     * @param given what it is to have
     * @throws UserException if it does not
     */
    void checkFits(Hardware given) {
        Hardware saved = header.hardware();
        String kind = "";
        if (given.disks().size() != saved.disks().size()) {
            kind = saved.disks().size() + " disks; give --disk so often";
        } else if (given.networks().size() != saved.networks().size()) {
            kind = saved.networks().size() + " network cards; give --net so often";
        } else if (given.vsock().isPresent() != saved.vsock().isPresent()) {
            kind = (saved.vsock().isPresent() ? "" : "no ") + "sockets to its host; leave --vsock away";
        }
        if (!kind.isEmpty()) {
            throw new UserException("the machine in " + directory + " has " + kind + ", or leave it away");
        }
        for (int i = 0; i < given.disks().size(); i++) {
            checkDisk(given.disks().get(i), saved.disks().get(i), header.disks().get(i));
        }
    }

    /** The guest remembers what it has read: a disk that was written to since would be destroyed by it. */
    private void checkDisk(DiskSpec given, DiskSpec saved, SnapshotHeader.DiskMark then) {
        if (given.readOnly() != saved.readOnly()) {
            throw new UserException("the disk " + given.file() + " is to be " + (saved.readOnly() ? "" : "not ")
                    + "for reading only, as it was when the snapshot " + directory + " was taken");
        }
        try {
            SnapshotHeader.DiskMark now = SnapshotHeader.DiskMark.of(given.file());
            if (now.size() != then.size()) {
                throw new UserException("the disk " + given.file() + " has " + now.size() + " bytes, and the one that "
                        + "the machine in " + directory + " had has " + then.size() + "; give a copy of that");
            }
            if (given.file().equals(saved.file()) && !now.equals(then)) {
                throw new UserException("the disk " + given.file() + " was written to after the snapshot " + directory
                        + " was taken; give a copy of that time with --disk");
            }
        } catch (NoSuchFileException e) {
            throw new UserException(
                    "there is no disk " + given.file() + ", which the machine in " + directory
                            + " needs; give where it is with --disk",
                    e);
        } catch (IOException e) {
            throw new HostException("cannot look at the disk " + given.file() + ": " + e, e);
        }
    }

    GuestRam mapMemory() {
        return GuestRam.map(directory.resolve(MEMORY), header.hardware().memory());
    }

    /**
     * Writes a snapshot. A directory that is not complete is not left behind.
     *
     * @param directory where to; nothing is there yet
     * @param hardware what the machine has
     * @param parts the states of its parts
     * @param memory its memory
     * @throws UserException if something is there
     * @throws HostException if it cannot be written
     */
    static void write(Path directory, Hardware hardware, StateWriter parts, belljar.machine.GuestMemory memory) {
        checkFree(directory);
        try (SnapshotDirectory made = SnapshotDirectory.in(parent(directory))) {
            String id = SnapshotMemory.write(made.path().resolve(MEMORY), memory);
            List<SnapshotHeader.DiskMark> marks = new java.util.ArrayList<>();
            for (DiskSpec disk : hardware.disks()) {
                marks.add(SnapshotHeader.DiskMark.of(disk.file()));
            }
            byte[] states = parts.toBytes();
            byte[] describing = new SnapshotHeader(hardware, marks, id).toText().getBytes(StandardCharsets.UTF_8);
            ByteBuffer out = ByteBuffer.allocate(FRONT + describing.length + states.length + Integer.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN);
            out.put(MAGIC.getBytes(StandardCharsets.US_ASCII));
            out.putInt(FORMAT).putInt(describing.length).putInt(states.length);
            out.put(describing).put(states);
            CRC32C sum = new CRC32C();
            sum.update(out.duplicate().flip());
            out.putInt((int) sum.getValue()).flip();
            made.write(STATE, out);
            made.keep(directory.toAbsolutePath());
        } catch (IOException e) {
            throw new HostException("cannot write the snapshot " + directory + ": " + e, e);
        }
    }

    /**
     * Makes sure that a snapshot can be written.
     *
     * @param directory where to
     * @throws UserException if something is there, or there is no place for it
     */
    static void checkFree(Path directory) {
        if (Files.exists(directory, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            throw new UserException("there is a file or directory " + directory
                    + " already; give the snapshot a name of its own, or remove that");
        }
        if (!Files.isDirectory(parent(directory))) {
            throw new UserException(
                    "there is no directory " + parent(directory) + " for the snapshot; make it, or correct the path");
        }
    }

    private static Path parent(Path directory) {
        Path parent = directory.toAbsolutePath().getParent();
        return parent == null ? directory.toAbsolutePath() : parent;
    }
}
