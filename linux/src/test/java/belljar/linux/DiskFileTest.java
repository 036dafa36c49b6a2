package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiskFileTest {
    private static final int SIZE = 64 * 1024;

    @TempDir
    Path directory;

    private Path disk;

    @BeforeEach
    void makesADisk() throws Exception {
        disk = directory.resolve("disk.raw");
        byte[] content = new byte[SIZE];
        Arrays.fill(content, (byte) 7);
        Files.write(disk, content);
    }

    private Fd open(int flags) {
        return new Fd(Fs.HOST.open(At.FDCWD, disk.toString(), flags, 0));
    }

    @Test
    void severalMayReadOneDisk() {
        try (Fd first = open(OpenFlags.RDONLY);
                Fd second = open(OpenFlags.RDONLY)) {
            DiskFile.lock(first.number(), disk, false);
            assertThatCode(() -> DiskFile.lock(second.number(), disk, false)).doesNotThrowAnyException();
        }
    }

    @Test
    void whoWritesHasTheDiskAlone() {
        try (Fd first = open(OpenFlags.RDWR);
                Fd second = open(OpenFlags.RDWR)) {
            DiskFile.lock(first.number(), disk, true);
            assertThatThrownBy(() -> DiskFile.lock(second.number(), disk, true))
                    .isInstanceOf(UserException.class)
                    .hasMessage("the disk " + disk + " is in use by another machine of this process; stop that first, "
                            + "or have both use it for reading only");
            assertThatThrownBy(() -> DiskFile.lock(second.number(), disk, false))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("that may write to it");
        }
    }

    @Test
    void aLockEndsWithItsDescriptor() {
        try (Fd second = open(OpenFlags.RDWR)) {
            try (Fd first = open(OpenFlags.RDWR)) {
                DiskFile.lock(first.number(), disk, true);
            }
            assertThatCode(() -> DiskFile.lock(second.number(), disk, true)).doesNotThrowAnyException();
        }
    }

    @Test
    void namesTheProcessThatHasTheLock() {
        try (Fd second = open(OpenFlags.RDWR)) {
            Fd first = open(OpenFlags.RDWR);
            DiskFile.lock(first.number(), disk, true);
            // The stub has a copy of the descriptor, and with that the lock.
            try (Stub stub = Stub.start(0, first.number(), -1, -1)) {
                first.close();
                assertThatThrownBy(() -> DiskFile.lock(second.number(), disk, true))
                        .isInstanceOf(UserException.class)
                        .hasMessageContaining("in use by process " + stub.pid() + ";");
            }
        }
    }

    @Test
    void punchesHolesAndWritesZeros() throws Exception {
        try (Fd fd = open(OpenFlags.RDWR)) {
            Assumptions.assumeTrue(DiskFile.punch(fd.number(), 4096, 8192), "this file system has no holes");
            byte[] content = Files.readAllBytes(disk);
            assertThat(content).hasSize(SIZE);
            assertThat(Arrays.copyOfRange(content, 4096, 12288)).containsOnly(0);
            assertThat(content[4095]).isEqualTo((byte) 7);
            assertThat(content[12288]).isEqualTo((byte) 7);
            if (DiskFile.zero(fd.number(), SIZE - 10, 10)) {
                content = Files.readAllBytes(disk);
                assertThat(Arrays.copyOfRange(content, SIZE - 10, SIZE)).containsOnly(0);
                assertThat(content[SIZE - 11]).isEqualTo((byte) 7);
            }
        }
    }

    @Test
    void saysWhatHasNoHoles() {
        try (Fd fd = new Fd(Fs.HOST.open(At.FDCWD, "/dev/null", OpenFlags.RDWR, 0))) {
            assertThat(DiskFile.punch(fd.number(), 0, 4096)).isFalse();
        }
    }

    @Test
    void givesMemoryBack() {
        try (Memory memory = HostKernel.INSTANCE.lend(SIZE)) {
            long address = memory.allocateDirty(SIZE);
            MemorySegment part = MemorySegment.ofAddress(address).reinterpret(SIZE);
            part.fill((byte) 7);
            MemoryAdvice.drop(part.asSlice(4096, 4096));
            assertThat(part.get(ValueLayout.JAVA_BYTE, 4096)).isZero();
            assertThat(part.get(ValueLayout.JAVA_BYTE, 8191)).isZero();
            assertThat(part.get(ValueLayout.JAVA_BYTE, 8192)).isEqualTo((byte) 7);
        }
    }

    @Test
    void givesSharedMemoryBack() {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            Fd file = new Fd((int) Errno.check(
                    "memfd_create",
                    "make memory",
                    HostKernel.INSTANCE.call(Nr.MEMFD_CREATE, memory.string("test"), 1)));
            Fs.HOST.content().truncate(file.number(), SIZE);
            HostKernel.Mapping mapping = HostKernel.INSTANCE.map(file.number(), SIZE);
            MemorySegment part = MemorySegment.ofAddress(mapping.address()).reinterpret(SIZE);
            part.fill((byte) 7);
            MemoryAdvice.remove(part.asSlice(0, 4096));
            assertThat(part.get(ValueLayout.JAVA_BYTE, 0)).isZero();
            assertThat(part.get(ValueLayout.JAVA_BYTE, 4096)).isEqualTo((byte) 7);
            HostKernel.INSTANCE.unmap(mapping);
            file.close();
        }
    }
}
