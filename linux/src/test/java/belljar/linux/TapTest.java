package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import belljar.failure.UserException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real interfaces in the namespace of the test; the tests are the machine at their other end. */
final class TapTest {
    private static final int FRAME = 2048;
    private static final int ETHERNET = 14;
    private static final int WAIT_MILLIS = 10_000;
    private static final byte[] MAC = {2, 0x42, 7, 7, 7, 2};

    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory = arena.allocate(FRAME, 8);
    private final IoVector vector = IoVector.open();
    private final WakeFd wake = WakeFd.open();
    private final String net = "198.18." + ProcessHandle.current().pid() % 200 + ".";

    @BeforeEach
    void needsTaps() {
        Assumptions.assumeTrue(
                CapabilitySet.effective().contains(Capability.NET_ADMIN), "needs root to make network interfaces");
        Assumptions.assumeTrue(Files.exists(Path.of("/dev/net/tun")), "needs /dev/net/tun");
    }

    @AfterEach
    void closesAll() {
        wake.close();
        vector.close();
        arena.close();
    }

    private Tap open() {
        Tap tap = Tap.create("bjtest%d");
        try (Netlink link = Netlink.open(HostKernel.INSTANCE)) {
            int index = link.index(tap.name());
            link.ip().addAddress(index, IpAddress.parse(net + "1"), 24);
            link.up(index);
        }
        return tap;
    }

    /** The next frame of a kind, without its header, which stays in {@link #memory}; the host sends others, too. */
    private byte[] read(Tap tap, int etherType) {
        while (true) {
            vector.clear();
            // Two pieces, so that the frame is split.
            vector.add(memory.asSlice(0, 20));
            vector.add(memory.asSlice(20, FRAME - 20));
            int n = tap.read(vector);
            if (n == 0) {
                assertThat(wake.await(tap.number(), WakeFd.READABLE, WAIT_MILLIS))
                        .as("a frame of type %x comes", etherType)
                        .isEqualTo(WakeFd.READABLE);
                continue;
            }
            byte[] frame = memory.asSlice(Tap.HEADER, n - Tap.HEADER).toArray(ValueLayout.JAVA_BYTE);
            if (ByteBuffer.wrap(frame).getShort(12) == (short) etherType) {
                return frame;
            }
        }
    }

    private boolean write(Tap tap, byte[] frame) {
        memory.fill((byte) 0);
        MemorySegment.copy(frame, 0, memory, ValueLayout.JAVA_BYTE, Tap.HEADER, frame.length);
        vector.clear();
        vector.add(memory.address(), Tap.HEADER);
        vector.add(memory.address() + Tap.HEADER, frame.length);
        assertThat(vector.count()).isEqualTo(2);
        assertThat(vector.length()).isEqualTo(Tap.HEADER + frame.length);
        return tap.write(vector);
    }

    /** Turns a request of the host for our hardware address into the answer. */
    private static byte[] arpAnswer(byte[] request) {
        byte[] answer = request.clone();
        System.arraycopy(request, 6, answer, 0, 6);
        System.arraycopy(MAC, 0, answer, 6, 6);
        answer[21] = 2;
        System.arraycopy(request, 22, answer, 32, 10);
        System.arraycopy(MAC, 0, answer, 22, 6);
        System.arraycopy(request, 38, answer, 28, 4);
        return answer;
    }

    /** Sends a datagram back: sender and receiver change places, which leaves the header's checksum as it is. */
    private static byte[] reversed(byte[] frame) {
        byte[] back = frame.clone();
        System.arraycopy(frame, 0, back, 6, 6);
        System.arraycopy(frame, 6, back, 0, 6);
        System.arraycopy(frame, ETHERNET + 12, back, ETHERNET + 16, 4);
        System.arraycopy(frame, ETHERNET + 16, back, ETHERNET + 12, 4);
        System.arraycopy(frame, ETHERNET + 20, back, ETHERNET + 22, 2);
        System.arraycopy(frame, ETHERNET + 22, back, ETHERNET + 20, 2);
        return back;
    }

    private static String payload(byte[] frame) {
        return new String(frame, ETHERNET + 28, frame.length - ETHERNET - 28, StandardCharsets.UTF_8);
    }

    @Test
    void passesFramesBothWays() throws Exception {
        try (Tap tap = open();
                DatagramSocket socket = new DatagramSocket()) {
            byte[] text = "through the wire".getBytes(StandardCharsets.UTF_8);
            socket.setSoTimeout(WAIT_MILLIS);
            socket.send(new DatagramPacket(text, text.length, InetAddress.getByName(net + "2"), 7));
            assertThat(write(tap, arpAnswer(read(tap, 0x0806)))).isTrue();
            byte[] datagram = read(tap, 0x0800);
            assertThat(payload(datagram)).isEqualTo("through the wire");
            assertThat(memory.get(ValueLayout.JAVA_BYTE, 0))
                    .as("the host completed the checksum")
                    .isZero();
            assertThat(write(tap, reversed(datagram))).isTrue();
            DatagramPacket answer = new DatagramPacket(new byte[100], 100);
            socket.receive(answer);
            assertThat(answer.getLength()).isEqualTo(text.length);
            assertThat(answer.getAddress()).isEqualTo(InetAddress.getByName(net + "2"));
        }
    }

    @Test
    void leavesChecksumsToAReaderThatAsksForIt() throws Exception {
        try (Tap tap = open();
                DatagramSocket socket = new DatagramSocket()) {
            tap.offload(Tap.CHECKSUM | Tap.TSO4 | Tap.TSO6 | Tap.TSO_ECN);
            socket.send(new DatagramPacket(new byte[4], 4, InetAddress.getByName(net + "2"), 7));
            write(tap, arpAnswer(read(tap, 0x0806)));
            assertThat(read(tap, 0x0800)).hasSize(ETHERNET + 28 + 4);
            assertThat(memory.get(ValueLayout.JAVA_BYTE, 0)).as("NEEDS_CSUM").isEqualTo((byte) 1);
        }
    }

    @Test
    void losesFramesForAnInterfaceThatIsSwitchedOff() {
        try (Tap tap = Tap.create("bjtest%d")) {
            assertThat(write(tap, new byte[60])).isFalse();
            vector.clear();
            vector.add(memory);
            assertThat(tap.read(vector)).isZero();
        }
    }

    @Test
    void itsInterfaceGoesWithIt() {
        String name;
        try (Tap tap = Tap.create("bjtest%d")) {
            name = tap.name();
            assertThat(name).startsWith("bjtest").doesNotContain("%");
            assertThatThrownBy(() -> Tap.attach(name))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("another program has the network interface " + name + " open");
            assertThatThrownBy(() -> Tap.create(name))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("there is a network interface " + name + " already");
        }
        assertThatThrownBy(() -> Tap.attach(name))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("there is no network interface " + name);
    }

    @Test
    void attachesToAnInterfaceThatWasMadeBefore() throws Exception {
        Assumptions.assumeTrue(Files.exists(Path.of("/usr/sbin/ip")), "needs iproute2 to make a tap that stays");
        String name = "bjkept" + ProcessHandle.current().pid() % 10000;
        ip("tuntap", "add", name, "mode", "tap");
        try {
            Tap.attach(name).close();
            try (Tap again = Tap.attach(name)) {
                assertThat(again.name()).isEqualTo(name);
            }
        } finally {
            ip("tuntap", "del", name, "mode", "tap");
        }
    }

    private static void ip(String... arguments) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("/usr/sbin/ip");
        builder.command().addAll(java.util.List.of(arguments));
        assertThat(builder.inheritIO().start().waitFor()).isZero();
    }

    @Test
    void refusesWhatIsNoTap() {
        assertThatThrownBy(() -> Tap.attach("lo"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("lo is not a tap");
        assertThatThrownBy(() -> Tap.attach("a name"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("'a name' cannot name a network interface");
    }

    @Test
    void saysThatTheInterfaceHasGone() {
        try (Tap tap = Tap.create("bjtest%d");
                Netlink link = Netlink.open(HostKernel.INSTANCE)) {
            link.delete(link.index(tap.name()));
            vector.clear();
            vector.add(memory);
            assertThatThrownBy(() -> tap.read(vector))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("receive from the interface " + tap.name());
        }
    }

    @Test
    void wakesWhoWaits() throws Exception {
        try (Tap tap = Tap.create("bjtest%d")) {
            Thread waker = Thread.ofPlatform().start(wake::wake);
            assertThat(wake.await(tap.number(), WakeFd.READABLE, -1)).isZero();
            waker.join();
            assertThat(wake.await(-1, WakeFd.READABLE, 0))
                    .as("one call wakes once")
                    .isZero();
        }
    }
}
