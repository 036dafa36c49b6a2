package belljar.microvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

final class KernelModulesTest {
    private final Map<String, byte[]> files = new HashMap<>();

    private static byte[] module(String depends, String soft) {
        String text = "\177ELF..\0license=GPL\0" + (soft.isEmpty() ? "" : "softdep=pre: " + soft + "\0") + "depends="
                + depends + "\0name=x\0";
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private List<String> order(String... names) {
        return new KernelModules(files)
                .inOrder(List.of(names)).stream().map(ModuleFile::name).toList();
    }

    @Test
    void loadsFirstWhatAModuleNeeds() {
        files.put("usr/lib/modules/6/kernel/drivers/net/virtio_net.ko", module("net_failover,virtio-ring", ""));
        files.put("usr/lib/modules/6/kernel/net/net_failover.ko", module("failover", ""));
        files.put("usr/lib/modules/6/kernel/net/failover.ko", module("", ""));
        files.put("usr/lib/modules/6/kernel/virtio-ring.ko", module("virtio", "failover missing"));
        files.put("usr/lib/modules/6/kernel/virtio.ko", module("", ""));
        files.put("usr/lib/modules/6/kernel/not-asked-for.ko", module("", ""));

        assertThat(order("virtio_net", "virtio_ring", "ext4"))
                .containsExactly("failover", "net_failover", "virtio", "virtio_ring", "virtio_net");
    }

    @Test
    void endsWhereModulesNeedEachOther() {
        files.put("a.ko", module("b", ""));
        files.put("b.ko", module("a", ""));

        assertThat(order("a")).containsExactly("b", "a");
    }

    @Test
    void unpacksModules() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (XZOutputStream out = new XZOutputStream(packed, new LZMA2Options(1))) {
            out.write(module("", ""));
        }
        files.put("m/some-disk.ko.xz", packed.toByteArray());

        List<ModuleFile> modules = new KernelModules(files).inOrder(List.of("some_disk"));

        assertThat(modules).hasSize(1);
        assertThat(modules.getFirst().content()).isEqualTo(module("", ""));
    }

    @Test
    void refusesADamagedModule() {
        files.put("m/disk.ko.xz", new byte[] {1, 2, 3});

        assertThatThrownBy(() -> new KernelModules(files))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("m/disk.ko.xz is damaged");
    }
}
