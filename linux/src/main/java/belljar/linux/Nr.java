package belljar.linux;

/**
 * System call numbers of x86-64, as in the kernel's {@code arch/x86/entry/syscalls/syscall_64.tbl}. The names are the
 * calls' own in capitals.
 */
public final class Nr {
    /** read(2). */
    public static final int READ = 0;

    /** write(2). */
    public static final int WRITE = 1;

    /** close(2). */
    public static final int CLOSE = 3;

    /** fstat(2). */
    public static final int FSTAT = 5;

    /** poll(2). */
    public static final int POLL = 7;

    /** lseek(2). */
    public static final int LSEEK = 8;

    /** mmap(2). */
    public static final int MMAP = 9;

    /** mprotect(2). */
    public static final int MPROTECT = 10;

    /** munmap(2). */
    public static final int MUNMAP = 11;

    /** rt_sigaction(2). */
    public static final int RT_SIGACTION = 13;

    /** rt_sigprocmask(2). */
    public static final int RT_SIGPROCMASK = 14;

    /** rt_sigreturn(2). */
    public static final int RT_SIGRETURN = 15;

    /** ioctl(2). */
    public static final int IOCTL = 16;

    /** pread64(2). */
    public static final int PREAD64 = 17;

    /** pwrite64(2). */
    public static final int PWRITE64 = 18;

    /** readv(2). */
    public static final int READV = 19;

    /** writev(2). */
    public static final int WRITEV = 20;

    /** access(2). */
    public static final int ACCESS = 21;

    /** sched_yield(2). */
    public static final int SCHED_YIELD = 24;

    /** madvise(2). */
    public static final int MADVISE = 28;

    /** nanosleep(2). */
    public static final int NANOSLEEP = 35;

    /** getpid(2). */
    public static final int GETPID = 39;

    /** sendfile(2). */
    public static final int SENDFILE = 40;

    /** socket(2). */
    public static final int SOCKET = 41;

    /** connect(2). */
    public static final int CONNECT = 42;

    /** sendto(2). */
    public static final int SENDTO = 44;

    /** recvfrom(2). */
    public static final int RECVFROM = 45;

    /** sendmsg(2). */
    public static final int SENDMSG = 46;

    /** recvmsg(2). */
    public static final int RECVMSG = 47;

    /** shutdown(2). */
    public static final int SHUTDOWN = 48;

    /** bind(2). */
    public static final int BIND = 49;

    /** listen(2). */
    public static final int LISTEN = 50;

    /** getsockname(2). */
    public static final int GETSOCKNAME = 51;

    /** socketpair(2). */
    public static final int SOCKETPAIR = 53;

    /** setsockopt(2). */
    public static final int SETSOCKOPT = 54;

    /** getsockopt(2). */
    public static final int GETSOCKOPT = 55;

    /** clone(2). */
    public static final int CLONE = 56;

    /** execve(2). */
    public static final int EXECVE = 59;

    /** exit(2). */
    public static final int EXIT = 60;

    /** wait4(2). */
    public static final int WAIT4 = 61;

    /** kill(2). */
    public static final int KILL = 62;

    /** uname(2). */
    public static final int UNAME = 63;

    /** fcntl(2). */
    public static final int FCNTL = 72;

    /** flock(2). */
    public static final int FLOCK = 73;

    /** fsync(2). */
    public static final int FSYNC = 74;

    /** ftruncate(2). */
    public static final int FTRUNCATE = 77;

    /** getdents(2). */
    public static final int GETDENTS = 78;

    /** getcwd(2). */
    public static final int GETCWD = 79;

    /** chdir(2). */
    public static final int CHDIR = 80;

    /** fchdir(2). */
    public static final int FCHDIR = 81;

    /** rename(2). */
    public static final int RENAME = 82;

    /** fchmod(2). */
    public static final int FCHMOD = 91;

    /** fchown(2). */
    public static final int FCHOWN = 93;

    /** umask(2). */
    public static final int UMASK = 95;

    /** sysinfo(2). */
    public static final int SYSINFO = 99;

    /** ptrace(2). */
    public static final int PTRACE = 101;

    /** getuid(2). */
    public static final int GETUID = 102;

    /** getgid(2). */
    public static final int GETGID = 104;

    /** setuid(2). */
    public static final int SETUID = 105;

    /** setgid(2). */
    public static final int SETGID = 106;

    /** geteuid(2). */
    public static final int GETEUID = 107;

    /** getegid(2). */
    public static final int GETEGID = 108;

    /** setpgid(2). */
    public static final int SETPGID = 109;

    /** getppid(2). */
    public static final int GETPPID = 110;

    /** setsid(2). */
    public static final int SETSID = 112;

    /** setgroups(2). */
    public static final int SETGROUPS = 116;

    /** setresuid(2). */
    public static final int SETRESUID = 117;

    /** setresgid(2). */
    public static final int SETRESGID = 119;

    /** getpgid(2). */
    public static final int GETPGID = 121;

    /** setfsuid(2). */
    public static final int SETFSUID = 122;

    /** getsid(2). */
    public static final int GETSID = 124;

    /** capget(2). */
    public static final int CAPGET = 125;

    /** capset(2). */
    public static final int CAPSET = 126;

    /** mknod(2). */
    public static final int MKNOD = 133;

    /** personality(2). */
    public static final int PERSONALITY = 135;

    /** statfs(2). */
    public static final int STATFS = 137;

    /** fstatfs(2). */
    public static final int FSTATFS = 138;

    /** setpriority(2). */
    public static final int SETPRIORITY = 141;

    /** sched_setscheduler(2). */
    public static final int SCHED_SETSCHEDULER = 144;

    /** mlock(2). */
    public static final int MLOCK = 149;

    /** pivot_root(2). */
    public static final int PIVOT_ROOT = 155;

    /** prctl(2). */
    public static final int PRCTL = 157;

    /** arch_prctl(2). */
    public static final int ARCH_PRCTL = 158;

    /** chroot(2). */
    public static final int CHROOT = 161;

    /** mount(2). */
    public static final int MOUNT = 165;

    /** umount2(2). */
    public static final int UMOUNT2 = 166;

    /** swapon(2). */
    public static final int SWAPON = 167;

    /** reboot(2). */
    public static final int REBOOT = 169;

    /** sethostname(2). */
    public static final int SETHOSTNAME = 170;

    /** setdomainname(2). */
    public static final int SETDOMAINNAME = 171;

    /** init_module(2). */
    public static final int INIT_MODULE = 175;

    /** delete_module(2). */
    public static final int DELETE_MODULE = 176;

    /** gettid(2). */
    public static final int GETTID = 186;

    /** setxattr(2). */
    public static final int SETXATTR = 188;

    /** lsetxattr(2). */
    public static final int LSETXATTR = 189;

    /** fsetxattr(2). */
    public static final int FSETXATTR = 190;

    /** getxattr(2). */
    public static final int GETXATTR = 191;

    /** lgetxattr(2). */
    public static final int LGETXATTR = 192;

    /** fgetxattr(2). */
    public static final int FGETXATTR = 193;

    /** listxattr(2). */
    public static final int LISTXATTR = 194;

    /** llistxattr(2). */
    public static final int LLISTXATTR = 195;

    /** flistxattr(2). */
    public static final int FLISTXATTR = 196;

    /** removexattr(2). */
    public static final int REMOVEXATTR = 197;

    /** futex(2). */
    public static final int FUTEX = 202;

    /** sched_setaffinity(2). */
    public static final int SCHED_SETAFFINITY = 203;

    /** sched_getaffinity(2). */
    public static final int SCHED_GETAFFINITY = 204;

    /** getdents64(2). */
    public static final int GETDENTS64 = 217;

    /** fadvise64(2). */
    public static final int FADVISE64 = 221;

    /** clock_gettime(2). */
    public static final int CLOCK_GETTIME = 228;

    /** exit_group(2). */
    public static final int EXIT_GROUP = 231;

    /** epoll_wait(2). */
    public static final int EPOLL_WAIT = 232;

    /** epoll_ctl(2). */
    public static final int EPOLL_CTL = 233;

    /** tgkill(2). */
    public static final int TGKILL = 234;

    /** set_mempolicy(2). */
    public static final int SET_MEMPOLICY = 238;

    /** kexec_load(2). */
    public static final int KEXEC_LOAD = 246;

    /** waitid(2). */
    public static final int WAITID = 247;

    /** add_key(2). */
    public static final int ADD_KEY = 248;

    /** keyctl(2). */
    public static final int KEYCTL = 250;

    /** ioprio_set(2). */
    public static final int IOPRIO_SET = 251;

    /** openat(2). */
    public static final int OPENAT = 257;

    /** mkdirat(2). */
    public static final int MKDIRAT = 258;

    /** mknodat(2). */
    public static final int MKNODAT = 259;

    /** fchownat(2). */
    public static final int FCHOWNAT = 260;

    /** newfstatat(2). */
    public static final int NEWFSTATAT = 262;

    /** unlinkat(2). */
    public static final int UNLINKAT = 263;

    /** linkat(2). */
    public static final int LINKAT = 265;

    /** symlinkat(2). */
    public static final int SYMLINKAT = 266;

    /** readlinkat(2). */
    public static final int READLINKAT = 267;

    /** fchmodat(2). */
    public static final int FCHMODAT = 268;

    /** ppoll(2). */
    public static final int PPOLL = 271;

    /** unshare(2). */
    public static final int UNSHARE = 272;

    /** splice(2). */
    public static final int SPLICE = 275;

    /** tee(2). */
    public static final int TEE = 276;

    /** sync_file_range(2). */
    public static final int SYNC_FILE_RANGE = 277;

    /** utimensat(2). */
    public static final int UTIMENSAT = 280;

    /** timerfd_create(2). */
    public static final int TIMERFD_CREATE = 283;

    /** fallocate(2). */
    public static final int FALLOCATE = 285;

    /** timerfd_settime(2). */
    public static final int TIMERFD_SETTIME = 286;

    /** accept4(2). */
    public static final int ACCEPT4 = 288;

    /** signalfd4(2). */
    public static final int SIGNALFD4 = 289;

    /** eventfd2(2). */
    public static final int EVENTFD2 = 290;

    /** epoll_create1(2). */
    public static final int EPOLL_CREATE1 = 291;

    /** dup3(2). */
    public static final int DUP3 = 292;

    /** pipe2(2). */
    public static final int PIPE2 = 293;

    /** perf_event_open(2). */
    public static final int PERF_EVENT_OPEN = 298;

    /** prlimit64(2). */
    public static final int PRLIMIT64 = 302;

    /** name_to_handle_at(2). */
    public static final int NAME_TO_HANDLE_AT = 303;

    /** syncfs(2). */
    public static final int SYNCFS = 306;

    /** setns(2). */
    public static final int SETNS = 308;

    /** getcpu(2). */
    public static final int GETCPU = 309;

    /** process_vm_readv(2). */
    public static final int PROCESS_VM_READV = 310;

    /** kcmp(2). */
    public static final int KCMP = 312;

    /** finit_module(2). */
    public static final int FINIT_MODULE = 313;

    /** sched_setattr(2). */
    public static final int SCHED_SETATTR = 314;

    /** sched_getattr(2). */
    public static final int SCHED_GETATTR = 315;

    /** renameat2(2). */
    public static final int RENAMEAT2 = 316;

    /** seccomp(2). */
    public static final int SECCOMP = 317;

    /** getrandom(2). */
    public static final int GETRANDOM = 318;

    /** memfd_create(2). */
    public static final int MEMFD_CREATE = 319;

    /** bpf(2). */
    public static final int BPF = 321;

    /** execveat(2). */
    public static final int EXECVEAT = 322;

    /** userfaultfd(2). */
    public static final int USERFAULTFD = 323;

    /** copy_file_range(2). */
    public static final int COPY_FILE_RANGE = 326;

    /** statx(2). */
    public static final int STATX = 332;

    /** pidfd_send_signal(2). */
    public static final int PIDFD_SEND_SIGNAL = 424;

    /** io_uring_setup(2). */
    public static final int IO_URING_SETUP = 425;

    /** io_uring_enter(2). */
    public static final int IO_URING_ENTER = 426;

    /** open_tree(2). */
    public static final int OPEN_TREE = 428;

    /** move_mount(2). */
    public static final int MOVE_MOUNT = 429;

    /** fsopen(2). */
    public static final int FSOPEN = 430;

    /** fsconfig(2). */
    public static final int FSCONFIG = 431;

    /** fsmount(2). */
    public static final int FSMOUNT = 432;

    /** fspick(2). */
    public static final int FSPICK = 433;

    /** pidfd_open(2). */
    public static final int PIDFD_OPEN = 434;

    /** clone3(2). */
    public static final int CLONE3 = 435;

    /** close_range(2). */
    public static final int CLOSE_RANGE = 436;

    /** openat2(2). */
    public static final int OPENAT2 = 437;

    /** pidfd_getfd(2). */
    public static final int PIDFD_GETFD = 438;

    /** mount_setattr(2). */
    public static final int MOUNT_SETATTR = 442;

    /** fchmodat2(2). */
    public static final int FCHMODAT2 = 452;

    /** statmount(2). */
    public static final int STATMOUNT = 457;

    /** listmount(2). */
    public static final int LISTMOUNT = 458;

    /** inotify_add_watch(2). */
    public static final int INOTIFY_ADD_WATCH = 254;

    /** inotify_init1(2). */
    public static final int INOTIFY_INIT1 = 294;

    /** rt_sigtimedwait(2). */
    public static final int RT_SIGTIMEDWAIT = 128;

    private Nr() {}
}
