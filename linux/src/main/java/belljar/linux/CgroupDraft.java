package belljar.linux;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.CgroupSettings.Setting;
import java.util.ArrayList;
import java.util.List;

/**
 * A cgroup that is being made, in two steps: first what a process can be started in, then, while it starts, the rest. A
 * hierarchy of version 1 each takes the kernel some 40 microseconds, about as long as the namespaces do together.
 *
 * <p>For one thread at a time.
 */
public final class CgroupDraft {
    private final Cgroups cgroups;
    private final List<String> later;
    private final List<Setting> settings;
    private final List<CgroupLimits.DeviceRule> devices;
    private Cgroup made = Cgroup.NONE;

    private CgroupDraft(
            Cgroups cgroups, List<String> later, List<Setting> settings, List<CgroupLimits.DeviceRule> devices) {
        this.cgroups = cgroups;
        this.later = later;
        this.settings = settings;
        this.devices = devices;
    }

    /**
     * A draft to which nothing is left to do.
     *
     * @param cgroup what it is
     * @return the draft
     */
    public static CgroupDraft of(Cgroup cgroup) {
        CgroupDraft draft = new CgroupDraft(Cgroups.NONE, List.of(), List.of(), List.of());
        draft.made = cgroup;
        return draft;
    }

    /**
     * Makes the first part.
     *
     * @param cgroups whose
     * @param first places that a process can be started in, made now
     * @param later the others
     */
    static CgroupDraft begin(
            Cgroups cgroups,
            List<String> first,
            List<String> later,
            List<Setting> settings,
            List<CgroupLimits.DeviceRule> devices) {
        CgroupDraft draft = new CgroupDraft(cgroups, later, settings, devices);
        for (String place : first) {
            draft.make(place);
        }
        return draft;
    }

    /** {@return what exists of it by now, to be removed when it is not needed} */
    public Cgroup made() {
        return made;
    }

    /**
     * Makes the rest and sets the limits. What was made stays when that fails, since there may be a process in it.
     *
     * @return the cgroup; {@link Cgroup#NONE} as for {@link Cgroups#create}
     * @throws UserException if a limit has no controller here, or the kernel refuses its value
     * @throws HostException if the cgroup cannot be made
     */
    public Cgroup finish() {
        for (String place : later) {
            make(place);
        }
        if (!made.places().isEmpty()) {
            cgroups.limit(made, settings, devices);
        }
        return made;
    }

    private void make(String place) {
        String directory = Cgroup.directoryOf(place);
        long result = Cgroups.make(directory);
        boolean readOnly = result == -Errno.EROFS || result == -Errno.EACCES || result == -Errno.EPERM;
        if (readOnly && settings.isEmpty()) {
            return;
        }
        Errno.check("mkdirat", "make the cgroup " + directory, result);
        List<String> places = new ArrayList<>(made.places());
        places.add(place);
        made = Cgroup.of(places);
        if (place.substring(0, place.indexOf(":/")).contains("cpuset")) {
            Cgroups.inheritCpuset(directory);
        }
    }
}
