package belljar.microvm;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The modules of one kernel, and the order in which some of them can be loaded (depmod(8), modprobe(8)). */
final class KernelModules {
    /** What a guest may need to find its devices and its root file system. */
    static final List<String> USUAL = List.of(
            "virtio_mmio",
            "virtio_blk",
            "virtio_net",
            "virtio_console",
            "virtio_rng",
            "virtio_balloon",
            "vmw_vsock_virtio_transport",
            "af_packet",
            "crc32c_generic",
            "ext4",
            "overlay",
            "squashfs",
            "erofs");

    private final Map<String, ModuleFile> modules = new HashMap<>();

    /** Takes files by path; what is no module among them is left aside. */
    KernelModules(Map<String, byte[]> files) {
        for (Map.Entry<String, byte[]> each : files.entrySet()) {
            if (ModuleFile.isOne(each.getKey())) {
                ModuleFile module = ModuleFile.read(each.getKey(), each.getValue());
                modules.put(module.name(), module);
            }
        }
    }

    /**
     * {@return modules with all that they need, in an order in which they can be loaded} What there is no module of is
     * taken to be part of the kernel itself, as the same driver is in one kernel and not in another.
     *
     * @param names the modules' names
     */
    List<ModuleFile> inOrder(Collection<String> names) {
        List<ModuleFile> order = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            add(name, seen, order);
        }
        return order;
    }

    private void add(String name, Set<String> seen, List<ModuleFile> order) {
        ModuleFile module = modules.get(name);
        // Seen before what it needs is looked at: a circle ends, and the kernel says of it what it has to say.
        if (module == null || !seen.add(name)) {
            return;
        }
        for (String needed : module.needs()) {
            add(needed, seen, order);
        }
        order.add(module);
    }
}
