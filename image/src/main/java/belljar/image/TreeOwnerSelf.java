package belljar.image;

import belljar.linux.Fs;
import belljar.linux.HostKernel;
import belljar.linux.Nr;

/** The process itself owns its trees. */
final class TreeOwnerSelf implements TreeOwner {
    private static final Calls DIRECT = new Calls() {
        @Override
        public Fs fs() {
            return Fs.HOST;
        }

        @Override
        public void close() {
            // The host's calls need no end.
        }
    };

    @Override
    public Calls open() {
        return DIRECT;
    }

    @Override
    public UnpackOptions options() {
        return isRoot() ? UnpackOptions.ROOT : UnpackOptions.SINGLE_ID;
    }

    @Override
    public String ids() {
        return isRoot() ? "" : "single";
    }

    @Override
    public String variant() {
        return "";
    }

    private static boolean isRoot() {
        return HostKernel.INSTANCE.call(Nr.GETEUID) == 0;
    }
}
