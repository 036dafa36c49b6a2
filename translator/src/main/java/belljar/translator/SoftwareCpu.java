package belljar.translator;

import belljar.machine.LocalApic;
import belljar.machine.StartState;
import belljar.machine.StateStream;
import belljar.machine.Vcpu;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A virtual CPU without any hardware's help. Interrupts and requests of other threads are looked at between blocks of
 * instructions.
 */
public final class SoftwareCpu implements Vcpu {
    private static final int NMI = 2;
    private static final long BOOTSTRAP = 1 << 8;
    private static final long HALT_NANOS = 1_000_000_000;

    /** What an instruction takes on a counted clock; about what it does take. */
    private static final long COUNTED_NANOS = 10;

    final Cpu cpu;
    private final BlockCache blocks;
    private final CodePages codePages;
    private final CodePages.Writer writer;
    private final CpuHost host;
    private final LocalApic apic;
    private final Runnable shutdown;
    private volatile boolean attention;
    private volatile boolean stopped;
    private volatile boolean nmi;
    private volatile boolean init;
    private volatile int startup = -1;
    private volatile @Nullable Thread thread;
    private boolean waiting;
    private final Rest rest = new Rest(System.nanoTime());
    private volatile boolean rested;

    /** Whether the next instruction, which changes code of its own page, is executed without those behind it. */
    private boolean alone;

    private long executed;

    /** Whether the instructions move the machine's time on, and for how many they have. */
    private final boolean counted;

    private long ticked;

    /** Where what is executed is noted; null for nowhere. */
    private @Nullable Profile profile;

    /** Whether somebody wants to hear of each block. */
    private boolean observed;

    private SoftwareCpu(int index, CpuHost host, LocalApic apic, CodePages codePages, Runnable shutdown) {
        this.host = host;
        this.apic = apic;
        this.counted = host.clock().isCounted();
        this.observed = counted;
        this.cpu = new Cpu(index, host, apic, codePages);
        this.codePages = codePages;
        this.writer = codePages.join(cpu.mmu, () -> attention = true);
        this.blocks = new BlockCache(cpu, codePages, writer);
        this.shutdown = shutdown;
        apic.attach(this);
    }

    /**
     * Makes the first CPU of a machine.
     *
     * @param host what it is connected to
     * @param apic its local APIC
     * @param start where it begins
     * @param shutdown what happens when the guest has left it no way to go on
     * @return the CPU
     */
    public static SoftwareCpu boot(CpuHost host, LocalApic apic, StartState start, Runnable shutdown) {
        CodePages codePages = new CodePages(host.memory().size());
        host.memory().watch(codePages);
        SoftwareCpu made = new SoftwareCpu(0, host, apic, codePages, shutdown);
        Starting.apply(made.cpu, start);
        return made;
    }

    /**
     * Makes a further CPU of this one's machine, which waits for a start-up interrupt. Before any of them runs.
     *
     * @param apic its local APIC, whose id is its number
     * @return the CPU
     */
    public SoftwareCpu another(LocalApic apic) {
        SoftwareCpu made = new SoftwareCpu(apic.id(), cpu.host, apic, codePages, shutdown);
        Starting.reset(made.cpu);
        made.waiting = true;
        return made;
    }

    @Override
    public int index() {
        return cpu.index();
    }

    @Override
    public void interrupt() {
        wake();
    }

    @Override
    public void nmi() {
        nmi = true;
        attention = true;
        wake();
    }

    @Override
    public void init() {
        startup = -1;
        init = true;
        attention = true;
        wake();
    }

    @Override
    public void startup(int vector) {
        startup = vector;
        attention = true;
        wake();
    }

    @Override
    public void stop() {
        stopped = true;
        attention = true;
        wake();
    }

    private void wake() {
        Thread runner = thread;
        if (runner != null) {
            LockSupport.unpark(runner);
        }
    }

    /** {@return how many instructions were executed, about} Exact when the CPU does not run. */
    public long executed() {
        return executed;
    }

    /** {@return whether it did next to nothing for a while} */
    boolean rested() {
        return rested;
    }

    /** {@return how many blocks were decoded since it rested} While it does not run. */
    int blocks() {
        return blocks.decoded();
    }

    @Override
    public void run() {
        thread = Thread.currentThread();
        writer.enter();
        try {
            while (!stopped) {
                step();
            }
        } finally {
            writer.leave();
            stopped = false;
        }
    }

    @Override
    public void transfer(StateStream state) {
        state.section("CPU");
        CpuTransfer.transfer(cpu, state);
        waiting = state.flag(waiting);
        alone = state.flag(alone);
        nmi = state.flag(nmi);
        init = state.flag(init);
        startup = state.number(startup, -1, 0xFF);
        executed = state.number(executed, 0, Long.MAX_VALUE >> 1);
        ticked = state.number(ticked, 0, executed);
        attention = true;
    }

    /**
     * Begins to note where its instructions go. Before it runs.
     *
     * @return where that is noted
     */
    public Profile profile() {
        Profile made = new Profile();
        profile = made;
        observed = true;
        return made;
    }

    private void observe(Block block) {
        if (counted) {
            tick();
        }
        Profile to = profile;
        if (to != null) {
            to.block(block);
        }
    }

    private void tick() {
        long nanos = (executed - ticked) * COUNTED_NANOS;
        ticked = executed;
        host.clock().advance(nanos);
    }

    private void step() {
        try {
            cpu.mmu.executing = -1;
            if (counted) {
                tick();
            }
            if (attention) {
                attend();
            }
            if (stopped) {
                return; // attention was for this, and nobody will ask for it again
            }
            if (waiting) {
                park();
            } else if (isInterrupted()) {
                deliverInterrupt();
            } else if (cpu.halted) {
                park();
            } else if (alone || isSlow()) {
                executeOne();
            } else {
                execute();
            }
        } catch (Fault fault) {
            cpu.mmu.executing = -1;
            if (fault.vector == Fault.AGAIN) {
                alone = true;
            } else {
                executed++; // A guest may do nothing else, and its time is to go on.
                deliver(fault);
            }
        }
    }

    private void park() {
        if (counted && host.clock().skip()) {
            return;
        }
        writer.leave();
        long before = System.nanoTime();
        // Whoever signals does so before it unparks, so a signal that came since it was looked for is not slept over.
        LockSupport.parkNanos(HALT_NANOS);
        if (rest.slept(before, System.nanoTime())) {
            // On a host with many machines most are idle, and what they have decoded is most of what they take.
            blocks.trim();
            rested = true;
        }
        writer.enter();
    }

    private boolean isInterrupted() {
        return apic.pending() && (cpu.flags & Cpu.IF) != 0 && !cpu.shadow;
    }

    /** Executes one instruction, with breakpoints before and traps behind it (SDM volume 3, chapter 17). */
    private void executeOne() {
        alone = false;
        Watch watch = cpu.watch;
        if (!cpu.trapsNow) {
            boolean steps = (cpu.flags & Cpu.TF) != 0;
            watch.fetch();
            Block block = blocks.one();
            executed++;
            cpu.shadow = false;
            Op op = block.code[0].op;
            if (profile != null) {
                profile.single(op);
            }
            Interpreter.run(cpu, block);
            cpu.flags &= op == Op.IRET ? -1 : ~Cpu.RF;
            boolean loadsStack = cpu.shadow && op != Op.STI;
            if (loadsStack) {
                return; // what it met is told of behind the next instruction
            }
            steps &= !clearsTrap(op) || (cpu.flags & Cpu.TF) != 0;
            if (!steps && !watch.met()) {
                return;
            }
            cpu.debug[6] |= steps ? Watch.SINGLE_STEP : 0;
        } else {
            cpu.debug[6] |= Watch.SINGLE_STEP;
        }
        cpu.trapsNow = false;
        cpu.halted = false;
        Interrupts.deliver(cpu, Fault.DEBUG, 0, Interrupts.Cause.TRAP);
    }

    /** What clears the trap flag by going elsewhere is not trapped; POPF and IRET are. */
    private static boolean clearsTrap(Op op) {
        return switch (op) {
            case SYSCALL, SYSRET, INT, INT1, INT3, INTO -> true;
            default -> false;
        };
    }

    private boolean isSlow() {
        return (cpu.flags & Cpu.TF) != 0 || cpu.watch.armed || cpu.shadow;
    }

    private void execute() {
        Block block = blocks.find();
        while (true) {
            executed += block.code.length;
            if (observed) {
                observe(block);
            }
            cpu.mmu.executing = block.page;
            Interpreter.run(cpu, block);
            if (attention || cpu.halted || isInterrupted() || isSlow()) {
                return;
            }
            block = blocks.find();
        }
    }

    private void attend() {
        attention = false;
        writer.acknowledge();
        if (stopped) {
            return;
        }
        if (nmi && !waiting) {
            if (cpu.nmiBlocked || cpu.shadow) {
                attention = true; // to look again after each block
            } else {
                nmi = false;
                cpu.nmiBlocked = true;
                cpu.halted = false;
                Interrupts.deliver(cpu, NMI, 0, Interrupts.Cause.EXTERNAL);
            }
        }
        if (init) {
            init = false;
            Starting.reset(cpu);
            alone = false;
            waiting = (apic.base() & BOOTSTRAP) == 0; // the one that begins first does so again
        }
        int vector = startup;
        if (waiting && vector >= 0) {
            startup = -1;
            waiting = false;
            Starting.startup(cpu, vector);
        }
    }

    private void deliverInterrupt() {
        int vector = apic.acknowledge();
        if (vector >= 0) {
            if (profile != null) {
                profile.vector(vector);
            }
            cpu.halted = false;
            Interrupts.deliver(cpu, vector, 0, Interrupts.Cause.EXTERNAL);
        }
    }

    /** Delivers an exception; one that meets another on its way becomes a double fault, the third ends the machine. */
    private void deliver(Fault fault) {
        if (profile != null) {
            profile.vector(fault.vector);
        }
        if (!SecondFault.deliverFirst(cpu, fault)) {
            stopped = true;
            shutdown.run();
        }
    }
}
