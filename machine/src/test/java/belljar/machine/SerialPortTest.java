package belljar.machine;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class SerialPortTest {
    private static final int IER = 1;
    private static final int IIR = 2;
    private static final int FCR = 2;
    private static final int LCR = 3;
    private static final int MCR = 4;
    private static final int LSR = 5;
    private static final int MSR = 6;
    private static final int SCR = 7;

    private final Clock clock = new Clock();
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private boolean line;
    private int rises;
    private final SerialPort port = new SerialPort(this::set, sent, clock);

    @AfterEach
    void stopTheClock() {
        clock.close();
    }

    private void set(boolean high) {
        rises += high && !line ? 1 : 0;
        line = high;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(US_ASCII);
    }

    private void receive(String text) {
        port.receive(bytes(text), text.length());
    }

    private String readAll() {
        StringBuilder all = new StringBuilder();
        while ((port.in(LSR) & 1) != 0) {
            all.append((char) port.in(0));
        }
        return all.toString();
    }

    @Test
    void looksLikeA16550AToADriver() {
        port.out(IER, 0);
        assertThat(port.in(IER)).isZero();
        port.out(IER, 0xFF);
        assertThat(port.in(IER)).isEqualTo(0x0F);
        port.out(IER, 0);
        port.out(SCR, 0xA5);
        assertThat(port.in(SCR)).isEqualTo(0xA5);
        port.out(MCR, 0x1A);
        assertThat(port.in(MSR) & 0xF0).as("loopback of RTS and OUT2").isEqualTo(0x90);
        port.out(MCR, 0);
        assertThat(port.in(MSR) & 0xF0).isEqualTo(0xB0);
        assertThat(port.in(IIR)).isEqualTo(0x01);
        port.out(FCR, 1);
        assertThat(port.in(IIR)).isEqualTo(0xC1);
        assertThat(port.in(LSR)).isEqualTo(0x60);
    }

    @Test
    void theDivisorLiesBehindItsLatch() {
        port.out(LCR, 0x83);
        port.out(0, 0x34);
        port.out(1, 0x12);
        assertThat(port.read(0, 2)).as("two ports at once").isEqualTo(0x1234);
        port.out(LCR, 0x03);
        assertThat(port.in(IER)).isZero();
        assertThat(sent.size()).isZero();
    }

    @Test
    void sendsLinesAtOnceAndTheRestAtTheEnd() throws IOException {
        for (byte b : bytes("Linux\n$ ")) {
            port.out(0, b);
        }
        assertThat(sent.toString(US_ASCII)).startsWith("Linux\n");
        port.close();
        assertThat(sent.toString(US_ASCII)).isEqualTo("Linux\n$ ");
    }

    @Test
    void sendsAPromptWithoutANewlineAfterAMoment() throws InterruptedException {
        CountDownLatch flushed = new CountDownLatch(1);
        SerialPort prompting = new SerialPort(
                InterruptLine.NONE,
                new ByteArrayOutputStream() {
                    @Override
                    public void flush() {
                        flushed.countDown();
                    }
                },
                clock);
        prompting.out(0, '$');
        assertThat(flushed.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void losesNothingOfALongLine() throws IOException {
        for (int i = 0; i < 10_000; i++) {
            port.out(0, 'a' + i % 26);
        }
        port.close();
        assertThat(sent.size()).isEqualTo(10_000);
        assertThat(sent.toByteArray()[9_999]).isEqualTo((byte) ('a' + 9_999 % 26));
    }

    @Test
    void anOutputThatFailsIsToldAtTheEnd() {
        SerialPort broken = new SerialPort(
                InterruptLine.NONE,
                new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        throw new IOException("the pipe is closed");
                    }
                },
                clock);
        broken.out(0, '\n');
        broken.out(0, '\n');
        assertThatThrownBy(broken::close).isInstanceOf(IOException.class).hasMessage("the pipe is closed");
    }

    @Test
    void interruptsWhenTheTransmitterIsEmpty() {
        port.out(MCR, 0x0B);
        port.out(FCR, 1);
        port.out(IER, 2);
        assertThat(line).as("on enabling").isTrue();
        assertThat(port.in(IIR)).isEqualTo(0xC2);
        assertThat(line).as("the identity was read").isFalse();
        port.out(0, 'x');
        assertThat(line).isTrue();
        int before = rises;
        port.out(0, 'y');
        assertThat(rises).as("an edge for each byte").isEqualTo(before + 1);
        port.out(IER, 0);
        assertThat(line).isFalse();
        port.out(IER, 2);
        assertThat(port.in(IIR)).as("enabling asks anew").isEqualTo(0xC2);
    }

    @Test
    void interruptsGoThroughOut2() {
        port.out(MCR, 0x03);
        port.out(IER, 2);
        assertThat(line).isFalse();
        port.out(MCR, 0x0B);
        assertThat(line).isTrue();
        port.out(MCR, 0x1B);
        assertThat(line).as("not in loopback mode").isFalse();
    }

    @Test
    void receivedDataComesBeforeTheEmptyTransmitter() {
        port.out(MCR, 0x0B);
        port.out(FCR, 0x81);
        port.out(IER, 3);
        receive("abcdefgh");
        assertThat(port.in(IIR)).as("the trigger level of 8").isEqualTo(0xC4);
        assertThat(port.in(0)).isEqualTo('a');
        assertThat(port.in(IIR)).as("below it").isEqualTo(0xCC);
        assertThat(readAll()).isEqualTo("bcdefgh");
        assertThat(port.in(IIR)).isEqualTo(0xC2);
        assertThat(port.in(IIR)).isEqualTo(0xC1);
        assertThat(line).isFalse();
    }

    @Test
    void holdsInputUntilTheGuestIsReady() {
        receive("early");
        assertThat(port.in(LSR) & 1).isZero();
        port.out(FCR, 7);
        assertThat(port.in(0)).isZero();
        port.out(MCR, 2);
        assertThat(readAll()).isEqualTo("early");
    }

    @Test
    @Timeout(60)
    void waitsWhileTheQueueIsFullAndLosesNothing() throws InterruptedException {
        int total = 50_000;
        byte[] much = new byte[total];
        for (int i = 0; i < total; i++) {
            much[i] = (byte) i;
        }
        port.out(MCR, 2);
        port.out(FCR, 1);
        Thread sender = Thread.ofVirtual().start(() -> port.receive(much, total));
        int seen = 0;
        while (seen < total) {
            if ((port.in(LSR) & 1) != 0) {
                assertThat(port.in(0)).isEqualTo(seen & 0xFF);
                seen++;
            } else {
                Thread.onSpinWait();
            }
        }
        sender.join();
    }

    @Test
    void closingFreesASender() throws Exception {
        Thread sender = Thread.ofVirtual().start(() -> port.receive(new byte[100_000], 100_000));
        port.close();
        assertThat(sender.join(java.time.Duration.ofSeconds(20))).isTrue();
    }

    @Test
    void loopbackLeadsBackWhatIsSent() {
        port.out(FCR, 1);
        port.out(MCR, 0x10);
        for (int i = 0; i < 17; i++) {
            port.out(0, 'a' + i);
        }
        assertThat(port.in(LSR) & 2).as("overrun by the 17th").isEqualTo(2);
        assertThat(port.in(LSR) & 2).as("until it is read").isZero();
        assertThat(readAll()).isEqualTo("abcdefghijklmnop");
        assertThat(sent.size()).isZero();
    }

    @Test
    void changesOfTheModemLinesAreNotedUntilRead() {
        port.out(MCR, 0x10);
        assertThat(port.in(MSR)).as("CTS, DSR and DCD fell").isEqualTo(0x0B);
        assertThat(port.in(MSR)).isZero();
        port.out(MCR, 0x14);
        assertThat(port.in(MSR)).as("a ring that begins").isEqualTo(0x40);
        port.out(MCR, 0x10);
        assertThat(port.in(MSR)).as("and ends").isEqualTo(0x04);
    }

    @Test
    void resetKeepsInputThatNobodyRead() {
        port.out(SCR, 1);
        receive("typed");
        port.reset();
        assertThat(port.in(SCR)).isZero();
        port.out(MCR, 2);
        assertThat(readAll()).isEqualTo("typed");
    }
}
