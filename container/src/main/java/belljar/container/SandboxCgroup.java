package belljar.container;

import belljar.sandbox.MountSpec;
import java.util.List;

/** The cgroups of one container, in whichever hierarchies the host has. */
interface SandboxCgroup {
    /** None at all. */
    SandboxCgroup NONE = new SandboxCgroup() {
        @Override
        public void add(long pid) {}

        @Override
        public List<MountSpec> mounts(String destination) {
            return List.of();
        }

        @Override
        public void remove() {}
    };

    /** Moves a process into the cgroup. */
    void add(long pid);

    /** {@return the mounts that show the container its own cgroups below a place such as {@code /sys/fs/cgroup}} */
    List<MountSpec> mounts(String destination);

    /** Kills what is left in the cgroup and removes it. Never fails. */
    void remove();
}
