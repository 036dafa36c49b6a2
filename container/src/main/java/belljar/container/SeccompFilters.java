package belljar.container;

import belljar.linux.CapabilitySet;
import belljar.linux.SeccompCompiler;
import belljar.linux.SeccompDefault;
import belljar.linux.SeccompProfile;
import belljar.sandbox.SeccompSpec;
import org.jspecify.annotations.Nullable;

/** Chooses and compiles a container's system call filter. */
final class SeccompFilters {
    private record Compiled(long capabilities, Filter filter) {}

    /**
     * A filter ready for the kernel.
     *
     * @param program {@code struct sock_filter[]}; empty for no filter
     * @param flags flags of seccomp(2)
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared, and copying it would cost every start
    record Filter(byte[] program, int flags) {}

    private static final Filter NONE = new Filter(new byte[0], 0);

    /** Nearly all containers of a process have the same capabilities, so the last default filter is worth keeping. */
    private static volatile @Nullable Compiled last;

    private SeccompFilters() {}

    /**
     * {@return the filter that a specification asks for}
     *
     * @param spec the specification
     * @param granted the capabilities that the container can ever have
     * @throws belljar.failure.UserException if a profile is wrong
     */
    static Filter of(SeccompSpec spec, CapabilitySet granted) {
        if (spec instanceof SeccompSpec.Unconfined) {
            return NONE;
        }
        if (spec instanceof SeccompSpec.Default) {
            Compiled known = last;
            if (known == null || known.capabilities != granted.bits()) {
                SeccompProfile profile = SeccompDefault.profile(granted);
                known = new Compiled(granted.bits(), new Filter(SeccompCompiler.compile(profile), profile.flags()));
                last = known;
            }
            return known.filter;
        }
        SeccompSpec.Profile given = (SeccompSpec.Profile) spec;
        SeccompProfile profile = SeccompJson.read(given.name(), given.json(), granted);
        return new Filter(SeccompCompiler.compile(profile), profile.flags());
    }
}
