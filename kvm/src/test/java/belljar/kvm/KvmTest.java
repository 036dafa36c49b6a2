package belljar.kvm;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Caller;
import belljar.linux.Errno;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import org.junit.jupiter.api.Test;

/** What is said when KVM is missing or refused. */
final class KvmTest {
    /** A kernel with a /dev/kvm of our making; every other call fails. */
    private record Pretended(long opened, long version, long missing) implements Caller {
        @Override
        public long call(int nr, long a, long b, long c, long d, long e, long f) {
            if (nr == Nr.OPENAT) {
                return opened;
            }
            if (nr == Nr.IOCTL && b == Ioctl.GET_API_VERSION) {
                return version;
            }
            if (nr == Nr.IOCTL && b == Ioctl.CHECK_EXTENSION) {
                return c == missing ? 0 : 1;
            }
            return nr == Nr.CLOSE ? 0 : -Errno.EINVAL;
        }

        @Override
        public Memory lend() {
            return HostKernel.INSTANCE.lend();
        }
    }

    private static final int FD = 1_000_000;

    private static void open(long opened, long version, long missing) {
        Kvm.open(new Pretended(opened, version, missing), "/dev/kvm").close();
    }

    @Test
    void saysHowToGetADeviceThatIsMissing() {
        assertThatThrownBy(() -> Kvm.open(HostKernel.INSTANCE, "/no/such/kvm").close())
                .isInstanceOf(UserException.class)
                .hasMessageStartingWith("this host has no /no/such/kvm; load the kernel module")
                .hasMessageEndingWith("or use --engine translator, which needs no KVM");
    }

    @Test
    void saysWhoMayOpenTheDevice() {
        assertThatThrownBy(() -> open(-Errno.EACCES, 12, 0))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("this user may not open /dev/kvm; join the group");
    }

    @Test
    void saysThatNothingIsBehindTheDevice() {
        assertThatThrownBy(() -> open(-Errno.ENODEV, 12, 0))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("enable virtualization in the firmware");
    }

    @Test
    void namesTheErrorOfAnyOtherRefusal() {
        assertThatThrownBy(() -> open(-Errno.EMFILE, 12, 0))
                .isInstanceOf(HostException.class)
                .hasMessageContaining("EMFILE");
    }

    @Test
    void refusesWhatIsNotKvm() {
        assertThatThrownBy(() -> Kvm.open(HostKernel.INSTANCE, "/dev/null").close())
                .isInstanceOf(HostException.class)
                .hasMessageContaining("/dev/null is not KVM of API version 12");
        assertThatThrownBy(() -> open(FD, 11, 0)).isInstanceOf(HostException.class);
    }

    @Test
    void namesACapabilityThatIsLacking() {
        assertThatThrownBy(() -> open(FD, 12, 136))
                .isInstanceOf(HostException.class)
                .hasMessageContaining("lacks KVM_CAP_IMMEDIATE_EXIT; run Linux 5.10 or later");
    }
}
