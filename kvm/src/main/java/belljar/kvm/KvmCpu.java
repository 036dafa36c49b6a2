package belljar.kvm;

import belljar.failure.HostException;
import belljar.linux.Caller;
import belljar.linux.Errno;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.machine.Clock;
import belljar.machine.LocalApic;
import belljar.machine.StartState;
import belljar.machine.StateStream;
import belljar.machine.Vcpu;
import belljar.translator.CpuHost;
import belljar.translator.StandIn;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A virtual CPU that KVM executes. {@link #run} wants a platform thread of its own. What the guest does ends in a
 * device, in an exception that it gets, or in the machine's shutdown, never in an exception of Java's.
 */
public final class KvmCpu implements Vcpu, AutoCloseable {
    private static final int EFAULT = 14;
    private static final long HALT_NANOS = 1_000_000_000;

    /**
     * After how long a guest that is to be interrupted is looked at again. Processors leave it as soon as it lets them;
     * a KVM without hardware does not look for that while it emulates.
     */
    private static final long WINDOW_NANOS = 500_000;

    private final Caller kernel;
    private final int fd;
    private final LocalApic apic;
    private final Runnable shutdown;
    private final KvmRun run;
    private final Memory memory;
    private final KvmRegisters registers;
    private final KvmExits exits;
    private final FallBack fallBack;
    private final KvmTime time;
    private final KvmTransfer transfer;
    private final byte[] cpuid;
    private final ThreadSignal signal = new ThreadSignal();
    private final long vector;
    private final Clock clock;
    private final Clock.Alarm window;
    private volatile @Nullable Thread thread;
    private volatile boolean inKernel;
    private volatile boolean kicked;
    private volatile boolean stopped;
    private volatile boolean nmi;
    private volatile boolean init;
    private volatile int startup = -1;
    private boolean waiting;
    private boolean halted;
    private long entries;

    private KvmCpu(Kvm kvm, int fd, CpuHost host, LocalApic apic, KvmTime time, Runnable shutdown) {
        this.kernel = kvm.kernel();
        this.fd = fd;
        this.apic = apic;
        this.time = time;
        this.shutdown = shutdown;
        this.clock = host.clock();
        this.window = clock.alarm(this::kick);
        this.run = new KvmRun(kernel, fd, kvm.runSize());
        this.memory = kernel.lend();
        this.vector = memory.allocate(8);
        this.registers = new KvmRegisters(kernel, fd, memory);
        this.exits = new KvmExits(run, host, apic, new KvmMsrs(apic, host.clock(), registers, time));
        this.fallBack = new FallBack(registers, new StandIn(host, apic));
        this.transfer = new KvmTransfer(kvm, fd, apic.id());
        this.cpuid = KvmCpuid.entries(kvm.supportedCpuid(), apic.id(), time.khz());
        setCpuid(kvm, cpuid);
        apic.attach(this);
    }

    static KvmCpu of(Kvm kvm, int fd, CpuHost host, LocalApic apic, KvmTime time, Runnable shutdown) {
        return new KvmCpu(kvm, fd, host, apic, time, shutdown);
    }

    /** What the CPU can do decides which of its registers exist: this comes before any of them is touched. */
    private void setCpuid(Kvm kvm, byte[] entries) {
        try (Memory lent = kernel.lend()) {
            if (kvm.has(Ioctl.CAP_ENFORCE_PV_FEATURE_CPUID)) {
                // What KVM offers beyond hardware is for the guest only as far as this shows it.
                long request = lent.allocate(Ioctl.ENABLE_CAP_SIZE);
                lent.putInt(request, Ioctl.CAP_ENFORCE_PV_FEATURE_CPUID);
                lent.putLong(request + 8, 1);
                control(Ioctl.ENABLE_CAP, request, "have KVM hold on to what a virtual CPU can do");
            }
            long list = lent.allocate(8 + entries.length);
            lent.putInt(list, entries.length / KvmCpuid.ENTRY);
            lent.bytes().put(lent.offset(list) + 8, entries);
            control(Ioctl.SET_CPUID2, list, "say what a virtual CPU can do");
        }
    }

    private void control(long request, long argument, String what) {
        Errno.check("ioctl", "cannot " + what, kernel.call(Nr.IOCTL, fd, request, argument));
    }

    void start(StartState start) {
        fallBack.boot(start);
    }

    void awaitStartup() {
        fallBack.reset();
        waiting = true;
    }

    @Override
    public int index() {
        return apic.id();
    }

    @Override
    public void interrupt() {
        kick();
    }

    @Override
    public void nmi() {
        nmi = true;
        kick();
    }

    @Override
    public void init() {
        startup = -1;
        init = true;
        kick();
    }

    @Override
    public void startup(int page) {
        startup = page;
        kick();
    }

    @Override
    public void stop() {
        stopped = true;
        kick();
    }

    private void kick() {
        kicked = true;
        if (inKernel) {
            signal.send();
        }
        Thread runner = thread;
        if (runner != null) {
            LockSupport.unpark(runner);
        }
    }

    /** {@return the machine's time} */
    KvmTime time() {
        return time;
    }

    /** {@return how often KVM was entered} Exact when the CPU does not run. */
    public long entries() {
        return entries;
    }

    /** {@return how often the interpreter stood in for KVM, by the operation} To be asked when the CPU does not run. */
    public Map<String, Long> fallBacks() {
        return fallBack.counts();
    }

    @Override
    public void run() {
        thread = Thread.currentThread();
        boolean entered = false;
        signal.enter(fd);
        try {
            time.enter();
            entered = true;
            while (!stopped) {
                step();
            }
            settle();
        } finally {
            thread = null;
            signal.leave();
            stopped = false;
            if (entered) {
                time.leave();
            }
        }
    }

    /**
     * Ends what the guest is in the middle of: an access to a device is over only when KVM has been entered again
     * (api.rst, 5), which may be for the instruction's next one. Then KVM says how interruptible the CPU is.
     */
    private void settle() {
        run.immediateExit(true);
        try {
            boolean goesOn = true;
            while (goesOn) {
                run.putLong(Ioctl.RUN_CR8, apic.taskPriority());
                goesOn = left(kernel.call(Nr.IOCTL, fd, Ioctl.RUN));
            }
        } finally {
            run.immediateExit(false);
        }
    }

    private void step() {
        kicked = false;
        attend();
        boolean pending = apic.pending();
        if (waiting || halted && !(pending && run.getByte(Ioctl.RUN_IF) != 0)) {
            if (!stopped && !kicked) {
                // Who signals does so before it unparks, so a signal since it was looked for is not slept over.
                LockSupport.parkNanos(HALT_NANOS);
            }
            return;
        }
        if (pending && run.getByte(Ioctl.RUN_READY) != 0 && run.getByte(Ioctl.RUN_IF) != 0) {
            inject();
            pending = apic.pending();
        }
        halted = false;
        run.putByte(Ioctl.RUN_REQUEST_WINDOW, pending ? 1 : 0);
        run.putLong(Ioctl.RUN_CR8, apic.taskPriority());
        enter(pending);
    }

    private void enter(boolean pending) {
        if (pending) {
            window.set(clock.nanos() + WINDOW_NANOS);
        }
        inKernel = true;
        long result = 0;
        boolean entered = !kicked;
        if (entered) {
            entries++;
            result = kernel.call(Nr.IOCTL, fd, Ioctl.RUN);
        }
        inKernel = false;
        if (pending) {
            window.cancel();
        }
        if (entered) {
            left(result);
        }
    }

    /** Does what KVM has left the guest for; {@return whether it was the guest that wanted something} */
    private boolean left(long result) {
        if (result == -EFAULT) {
            // An access that KVM can make neither in memory nor for a device: the guest has left itself no way to go
            // on.
            shutDown();
            return false;
        }
        boolean called = result == -Errno.EINTR || result == -Errno.EAGAIN;
        if (!called) {
            Errno.check("ioctl", "cannot run a virtual CPU in KVM", result);
        }
        // Also when it was called back: that the priority was raised is no reason for KVM to leave.
        long priority = run.getLong(Ioctl.RUN_CR8);
        if (priority != apic.taskPriority()) {
            apic.setTaskPriority((int) priority & 0xF);
        }
        if (called) {
            signal.take();
            return false;
        }
        act(run.getInt(Ioctl.RUN_REASON));
        return true;
    }

    private void act(int reason) {
        switch (reason) {
            case Ioctl.EXIT_IO, Ioctl.EXIT_MMIO, Ioctl.EXIT_X86_RDMSR, Ioctl.EXIT_X86_WRMSR -> exits.serve(reason);
            case Ioctl.EXIT_HLT -> halted = true;
            case Ioctl.EXIT_INTERNAL_ERROR -> standIn();
            case Ioctl.EXIT_SHUTDOWN, Ioctl.EXIT_SYSTEM_EVENT -> shutDown();
            case Ioctl.EXIT_FAIL_ENTRY ->
                throw new HostException(
                        "the processor refuses to run a virtual CPU, for the reason 0x"
                                + Long.toHexString(run.getLong(Ioctl.RUN_DATA)) + "; use --engine translator",
                        "ioctl",
                        0);
            case Ioctl.EXIT_IRQ_WINDOW_OPEN, Ioctl.EXIT_INTR, Ioctl.EXIT_SET_TPR, Ioctl.EXIT_DEBUG -> {}
            default ->
                throw new HostException(
                        "KVM left a virtual CPU for the reason " + reason + ", which Belljar does not know; use"
                                + " --engine translator",
                        "ioctl",
                        0);
        }
    }

    private void standIn() {
        switch (fallBack.execute()) {
            case GOES_ON -> {}
            case HALTED -> halted = true;
            case SHUT_DOWN -> shutDown();
        }
        // What KVM said of them was before the interpreter's instructions.
        run.putByte(Ioctl.RUN_READY, 0);
        run.putByte(Ioctl.RUN_IF, fallBack.interruptible() ? 1 : 0);
    }

    private void shutDown() {
        stopped = true;
        shutdown.run();
    }

    private void inject() {
        int number = apic.acknowledge();
        if (number >= 0) {
            // KVM takes one at a time, and says anew whether it takes another when it leaves the guest.
            run.putByte(Ioctl.RUN_READY, 0);
            memory.putInt(vector, number);
            control(Ioctl.INTERRUPT, vector, "interrupt a virtual CPU");
        }
    }

    private void attend() {
        if (nmi) {
            nmi = false;
            halted = false;
            control(Ioctl.NMI, 0, "interrupt a virtual CPU");
        }
        if (init) {
            init = false;
            halted = false;
            fallBack.reset();
            waiting = true;
        }
        int page = startup;
        if (waiting && page >= 0) {
            startup = -1;
            waiting = false;
            fallBack.startup(page);
        }
    }

    /** Frees the CPU, which does not run. */
    @Override
    public void close() {
        run.close();
        memory.close();
        kernel.call(Nr.CLOSE, fd);
    }

    /**
     * Saves or loads the CPU, and with the first one the time of all, which have been made. Its local APIC is loaded by
     * itself, before it.
     *
     * @param state where to, or where from
     * @throws belljar.failure.UserException if what is loaded does not fit this host
     */
    @Override
    public void transfer(StateStream state) {
        if (index() == 0) {
            time.transfer(state);
        }
        state.section("KVM's CPU");
        transfer.transfer(state, cpuid);
        exits.transfer(state);
        waiting = state.flag(waiting);
        halted = state.flag(halted);
        nmi = state.flag(nmi);
        init = state.flag(init);
        startup = state.number(startup, -1, 0xFF);
        if (state.isLoading()) {
            settle();
        }
    }
}
