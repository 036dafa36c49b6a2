package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** In the network namespace of a stub, which vanishes with it and takes all rules along. */
final class NftablesTest {
    private static final int[] PORT_KEY = {NftChange.TYPE_PROTOCOL, NftChange.TYPE_PORT};
    private static final int[] TARGET = {NftChange.TYPE_IPV4, NftChange.TYPE_PORT};

    private Stub stub;
    private Nftables nft;

    @BeforeEach
    void makesANamespace() {
        Assumptions.assumeTrue(
                CapabilitySet.effective().contains(Capability.SYS_ADMIN), "needs root to make a network namespace");
        stub = Stub.start(Clone.NEWNET, -1, -1, -1);
        nft = Nftables.open(stub);
    }

    @AfterEach
    void removesIt() {
        if (stub != null) {
            nft.close();
            stub.close();
        }
    }

    private String listed() throws Exception {
        Assumptions.assumeTrue(Files.exists(Path.of("/usr/sbin/nft")), "needs nft to look at the rules");
        Process process = new ProcessBuilder(
                        "nsenter", "-t", Long.toString(stub.pid()), "-n", "/usr/sbin/nft", "list", "ruleset")
                .redirectErrorStream(true)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(text).isZero();
        return text;
    }

    private static byte[] port(int protocol, int port) {
        return new byte[] {(byte) protocol, 0, 0, 0, (byte) (port >> 8), (byte) port, 0, 0};
    }

    private static byte[] target(int port) {
        return new byte[] {10, 0, 0, 2, (byte) (port >> 8), (byte) port, 0, 0};
    }

    private void makeTable() {
        NftChange change = nft.change("t")
                .addTable()
                .addSet("names", 16, new int[] {NftChange.TYPE_NAME}, 0, new int[0])
                .addSet("ports", 8, PORT_KEY, 8, TARGET)
                .addChain("publish")
                .addChain("prerouting", "nat", NftChange.PREROUTING, -100)
                .addChain("postrouting", "nat", NftChange.POSTROUTING, 100)
                .addChain("forward", "filter", NftChange.FORWARD, 0);
        change.end(change.addRule("prerouting").forThisHost().jump("publish"));
        change.end(change.addRule("publish")
                .meta(NftRule.FAMILY, 0)
                .equal(0, (byte) NftRule.IPV4)
                .meta(NftRule.TRANSPORT, 0)
                .destinationPort(1)
                .map("ports", 0, 0)
                .redirect(false, 0, 1));
        change.end(change.addRule("postrouting")
                .meta(NftRule.IN_NAME, 0)
                .in("names", 0)
                .meta(NftRule.OUT_NAME, 0)
                .notIn("names", 0)
                .masquerade());
        change.end(change.addRule("forward").connectionState(6).count().verdict(NftRule.ACCEPT));
        change.end(change.addRule("forward").redirected().verdict(NftRule.DROP));
        change.commit();
    }

    @Test
    void makesRulesAsNftReadsThem() throws Exception {
        assertThat(nft.hasTable("t")).isFalse();
        makeTable();
        assertThat(nft.hasTable("t")).isTrue();
        assertThat(listed())
                .contains("type inet_proto . inet_service : ipv4_addr . inet_service")
                .contains("type nat hook prerouting priority dstnat; policy accept;")
                .contains("fib daddr type local jump publish")
                .contains("dnat ip to meta l4proto . th dport map @ports")
                .contains("iifname @names oifname != @names masquerade")
                .contains("ct state established,related counter packets 0 bytes 0 accept")
                .contains("ct status dnat drop");
        nft.change("t").removeTable().commit();
        assertThat(nft.hasTable("t")).isFalse();
    }

    @Test
    void addsAndRemovesElements() throws Exception {
        makeTable();
        nft.change("t")
                .addElement("ports", port(6, 8080), target(80), "publish 8080")
                .addElement("ports", port(17, 53), target(53), "publish 53")
                .commit();
        assertThat(nft.keys("t", "ports")).containsExactlyInAnyOrder(port(6, 8080), port(17, 53));
        assertThat(listed()).contains("tcp . 8080 : 10.0.0.2 . 80").contains("udp . 53 : 10.0.0.2 . 53");
        nft.change("t").removeElement("ports", port(6, 8080)).commit();
        assertThat(nft.keys("t", "ports")).containsExactly(port(17, 53));
    }

    @Test
    void changesAllOrNothingAndNamesWhatFailed() {
        makeTable();
        nft.change("t")
                .addElement("ports", port(6, 80), target(80), "publish 80")
                .commit();
        assertThatThrownBy(() -> nft.change("t")
                        .addElement("ports", port(6, 81), target(80), "publish 81")
                        .addElement("ports", port(6, 80), target(81), "publish 80 again")
                        .addElement("ports", port(6, 82), target(80), "publish 82")
                        .commit())
                .isInstanceOf(HostException.class)
                .hasMessage("publish 80 again: EEXIST (File exists)");
        assertThat(nft.keys("t", "ports")).containsExactly(port(6, 80));
        assertThatThrownBy(() ->
                        nft.change("t").removeElement("ports", port(6, 81)).commit())
                .extracting(e -> ((HostException) e).errno())
                .isEqualTo(Errno.ENOENT);
        assertThatThrownBy(() -> nft.change("none").removeTable().commit())
                .hasMessageStartingWith("remove the packet filter's table none: ENOENT");
    }

    @Test
    void takesManyElementsAtOnce() {
        makeTable();
        NftChange change = nft.change("t");
        for (int port = 1000; port < 1500; port++) {
            change.addElement("ports", port(6, port), target(port), "publish " + port);
        }
        change.commit();
        assertThat(nft.keys("t", "ports")).hasSize(500);
    }
}
