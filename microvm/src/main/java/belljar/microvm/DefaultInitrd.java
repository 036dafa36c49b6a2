package belljar.microvm;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.image.AptFiles;
import belljar.image.AptRequest;
import belljar.image.Progress;
import belljar.machine.Initramfs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.SortedMap;

/**
 * The initial RAM disk of a guest that brings none: busybox, the kernel's modules for virtio and file systems, and a
 * few lines of shell. With {@code root=DEVICE} on the kernel's command line it mounts that and hands over to its init
 * ({@code rootfstype=}, {@code rootflags=}, {@code rw} and {@code init=} as the kernel's documentation has them, and
 * {@code ip=CLIENT::GATEWAY:NETMASK::DEVICE} as Debian's initramfs-tools has it); without, it gives a shell on the
 * console, whose end powers the machine off.
 */
final class DefaultInitrd {
    private static final String PACKAGE = "busybox-static";
    private static final String PROGRAM = "usr/bin/busybox";

    private static final String INIT = """
            #!/bin/busybox sh
            bb=/bin/busybox
            $bb mount -t proc proc /proc
            $bb mount -t sysfs sysfs /sys
            $bb mount -t devtmpfs devtmpfs /dev
            $bb mkdir -p /dev/pts /dev/shm /run /tmp /mnt
            $bb mount -t devpts devpts /dev/pts
            while read -r module; do
                $bb insmod "/lib/modules/$module.ko" 2>/dev/null
            done </lib/modules/order
            root='' type='' flags='' mode=ro init=/sbin/init net=''
            read -r words </proc/cmdline
            for word in $words; do
                case $word in
                    root=*) root=${word#root=} ;;
                    rootfstype=*) type=${word#rootfstype=} ;;
                    rootflags=*) flags=,${word#rootflags=} ;;
                    rw | ro) mode=$word ;;
                    init=*) init=${word#init=} ;;
                    ip=*) net=${word#ip=} ;;
                esac
            done
            if [ -n "$net" ]; then
                IFS=: read -r address _ gateway mask _ device _ <<END
            $net
            END
                device=${device:-eth0}
                $bb ip link set lo up
                $bb ifconfig "$device" "$address" netmask "${mask:-255.255.255.0}" up
                [ -z "$gateway" ] || $bb ip route add default via "$gateway" dev "$device"
            fi
            if [ -n "$root" ]; then
                tries=0
                while ! [ -b "$root" ] && [ $tries -lt 50 ]; do
                    tries=$((tries + 1))
                    $bb usleep 100000
                done
                $bb mkdir -p /newroot
                if $bb mount ${type:+-t "$type"} -o "$mode$flags" "$root" /newroot; then
                    $bb mount -t devtmpfs devtmpfs /newroot/dev 2>/dev/null
                    exec $bb switch_root /newroot "$init"
                fi
                echo "There is no root file system on $root; the devices are: $($bb ls /sys/class/block)"
            fi
            $bb --install -s /bin
            exec /bin/busybox init
            """;

    private static final String INITTAB = """
            ::once:/etc/console
            ::ctrlaltdel:/bin/reboot
            ::shutdown:/bin/sync
            """;

    private static final String CONSOLE = """
            #!/bin/sh
            export PATH=/bin HOME=/root TERM=${TERM:-vt100}
            cd /root
            setsid cttyhack sh -l
            poweroff
            """;

    private DefaultInitrd() {}

    /**
     * Makes it.
     *
     * @param kernels where the program is kept once it has been fetched
     * @param kernel whose modules it has
     * @param progress told how far it is
     * @return the archive, not packed
     * @throws UserException if there is no package manager or no such package
     * @throws HostException if it cannot be made
     */
    static byte[] make(Kernels kernels, GuestKernel kernel, Progress progress) {
        Initramfs out = new Initramfs();
        for (String directory : List.of("bin", "dev", "etc", "lib", "lib/modules", "proc", "root", "run", "sys")) {
            out.directory(directory);
        }
        out.device("dev/console", 0600, 5, 1).device("dev/null", 0666, 1, 3);
        out.file("bin/busybox", 0755, busybox(kernels, progress));
        out.link("bin/sh", "busybox");
        out.file("init", 0755, bytes(INIT));
        out.file("etc/inittab", 0644, bytes(INITTAB));
        out.file("etc/console", 0755, bytes(CONSOLE));
        out.file("etc/passwd", 0644, bytes("root::0:0:root:/root:/bin/sh\n"));
        out.file("etc/group", 0644, bytes("root:x:0:\n"));
        StringBuilder order = new StringBuilder();
        for (ModuleFile module : Kernels.modules(kernel).values()) {
            out.file("lib/modules/" + module.name() + ".ko", 0644, module.content());
            order.append(module.name()).append('\n');
        }
        out.file("lib/modules/order", 0644, bytes(order.toString()));
        return out.finish();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] busybox(Kernels kernels, Progress progress) {
        Path kept = kernels.directory().resolve(".busybox");
        try {
            if (Files.exists(kept)) {
                return Files.readAllBytes(kept);
            }
            SortedMap<String, byte[]> files = AptFiles.read(
                    AptRequest.parse(AptRequest.PREFIX + PACKAGE),
                    List.of(),
                    kernels.downloads(),
                    progress,
                    PROGRAM::equals);
            byte[] program = files.get(PROGRAM);
            if (program == null) {
                throw new UserException("the package " + PACKAGE + " has no /" + PROGRAM
                        + " in it; give the machine an initial RAM disk of your own with --initrd");
            }
            Files.createDirectories(kernels.directory());
            Path draft = Files.createTempFile(kernels.directory(), ".draft-", "");
            Files.write(draft, program);
            Files.move(draft, kept, StandardCopyOption.ATOMIC_MOVE);
            return program;
        } catch (IOException e) {
            throw new HostException("cannot keep " + kept + ": " + e, e);
        }
    }
}
