package belljar.engine;

import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.sandbox.Container;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Isolation;
import belljar.sandbox.Phases;
import belljar.sandbox.Stdio;
import org.jspecify.annotations.Nullable;

/** One container from its entry in the book to its end, with the caller waiting. */
final class ForegroundRun {
    private static final int O_CLOEXEC = 0x80000;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final Book book;
    private final Isolation isolation;
    private final RunRequest request;
    private final RunIo io;
    private final PreparedImage image;
    private final SiteMaker sites;
    private final Events events;
    private final Health health;
    private final ContainerNetworks networks;

    ForegroundRun(
            Book book,
            Isolation isolation,
            RunRequest request,
            RunIo io,
            PreparedImage image,
            SiteMaker sites,
            Events events,
            ContainerNetworks networks,
            Health health) {
        this.networks = networks;
        this.book = book;
        this.isolation = isolation;
        this.request = request;
        this.io = io;
        this.image = image;
        this.sites = sites;
        this.events = events;
        this.health = health;
    }

    /** @param ids what was chosen for it, which nobody else can choose once it is in the book */
    int run(AutoIds ids) {
        Book.Added added = book.add(Creation.record(request, isolation.kind(), image), request);
        ContainerRecord record = added.record();
        Claim claim = added.claim();
        ids.close();
        boolean keep = false;
        boolean ran = false;
        boolean wroteCidFile = false;
        try {
            wroteCidFile = Creation.writeCidFile(request, record.id());
            events.container("create", record);
            Phases.mark("enter it in the book");
            RunRequest asked = sites.joined(request);
            ContainerSpec spec =
                    SpecBuilder.build(asked, image.defaults(), sites.make(record.id(), asked, image, io.observer()));
            NamespaceOwner.give(spec);
            Phases.mark("decide what it is");
            ContainerNetworks.Reserved reserved = networks.reserve(
                    record,
                    asked.network(),
                    image.defaults(),
                    book.directory(record.id()).resolve("files"),
                    spec.hostname());
            int code = run(record, claim, spec, reserved);
            ran = true;
            events.container("died", record, "containerExitCode", String.valueOf(code));
            if (!request.remove()) {
                book.ended(record, code, claim);
                keep = true;
            }
            return code;
        } finally {
            Phases.mark("take the container down");
            // A container that never ran is of no use to anybody, so it goes whether --rm was given or not.
            if (wroteCidFile && !ran) {
                SmallFile.remove(request.cidFile());
            }
            if (keep) {
                book.release(claim);
            } else {
                book.remove(record, claim, true);
                events.container("remove", record);
            }
        }
    }

    private int run(ContainerRecord record, Claim claim, ContainerSpec spec, ContainerNetworks.Reserved reserved) {
        boolean tty = spec.process().terminal();
        boolean interactive = request.process().interactive();
        try (Pipe in = tty || !interactive ? Pipe.NONE : Pipe.open();
                Pipe out = tty ? Pipe.NONE : Pipe.open();
                Pipe err = tty ? Pipe.NONE : Pipe.open()) {
            if (!tty) {
                own(spec, in.reader, out.writer, err.writer);
            }
            Stdio stdio = new Stdio(number(in.reader), number(out.writer), number(err.writer));
            try (RunLog log = RunLog.of(book, record.id(), request);
                    Container container = isolation.create(spec, stdio)) {
                in.closeReader();
                out.closeWriter();
                err.closeWriter();
                Phases.mark("set up names, terminal");
                claim.record(container.pid(), 0);
                String note = networks.attach(record.id(), reserved, container.pid());
                if (!note.isEmpty()) {
                    book.note(record.id(), Book.NETWORK, note);
                }
                if (!request.remove()) {
                    book.aboutToRun(spec.id());
                }
                events.container("start", record);
                health.begin(record.id(), request, image);
                health.started(record.id());
                Deadlines.watch(container.pid(), request);
                return tty ? attachTerminal(container, interactive, log) : attach(container, in, out, err, log);
            }
        }
    }

    /** The program may open its streams anew by name (/dev/stdout), so it must own them. */
    private static void own(ContainerSpec spec, @Nullable Fd... ends) {
        for (Fd end : ends) {
            if (end != null && spec.idMaps().within().isEmpty()) {
                int uid = IdMaps.outside(spec.idMaps().uids(), spec.process().uid());
                int gid = IdMaps.outside(spec.idMaps().gids(), spec.process().gid());
                // Without privileges this fails and changes nothing; the container's root owns the pipe as it is.
                KERNEL.call(Nr.FCHOWN, end.number(), uid, gid);
            }
        }
    }

    private static int number(@Nullable Fd fd) {
        return fd == null ? -1 : fd.number();
    }

    private int attach(Container container, Pipe in, Pipe out, Pipe err, RunLog log) {
        Fd outReader = out.reader;
        Fd errReader = err.reader;
        if (outReader == null || errReader == null) {
            throw new IllegalStateException("pipes were not made");
        }
        // First somebody listens, so that no signal falls between.
        io.observer().started(container);
        Phases.mark("listen for signals");
        container.start();
        Phases.mark("start the program");
        Pump pump = new Pump(container, new Fd[] {outReader, errReader}, new int[] {io.out(), io.err()}, log);
        if (in.writer != null) {
            pump.input(io.in(), in.writer, false);
        }
        pump.run();
        int code = container.waitFor();
        Phases.mark("run the program");
        return code;
    }

    private int attachTerminal(Container container, boolean interactive, RunLog log) {
        int size = Terminal.size(io.out());
        if (size != 0) {
            container.resize(size >>> 16, size & 0xFFFF);
        }
        boolean raw = interactive && Terminal.isTerminal(io.in());
        Terminal terminal = raw ? Terminal.raw(io.in()) : null;
        // The container closes its own copy; the pump gets one that it may close.
        Fd master = new Fd(
                (int) Errno.check("fcntl", "copy the terminal", KERNEL.call(Nr.FCNTL, container.terminal(), 1030, 0)));
        try {
            io.observer().started(container);
            container.start();
            Pump pump = new Pump(container, new Fd[] {master}, new int[] {io.out()}, log);
            if (interactive) {
                pump.input(io.in(), new Fd(container.terminal()), true);
            }
            pump.run();
            return container.waitFor();
        } finally {
            master.close();
            if (terminal != null) {
                terminal.close();
            }
        }
    }

    /** A pipe whose ends are closed one by one. */
    private static final class Pipe implements AutoCloseable {
        static final Pipe NONE = new Pipe(null, null);

        final @Nullable Fd reader;
        final @Nullable Fd writer;

        private Pipe(@Nullable Fd reader, @Nullable Fd writer) {
            this.reader = reader;
            this.writer = writer;
        }

        static Pipe open() {
            try (Memory memory = KERNEL.lend()) {
                long ends = memory.allocate(8);
                Errno.check("pipe2", "make a pipe for the container", KERNEL.call(Nr.PIPE2, ends, O_CLOEXEC));
                return new Pipe(new Fd(memory.getInt(ends)), new Fd(memory.getInt(ends + 4)));
            }
        }

        void closeReader() {
            if (reader != null) {
                reader.close();
            }
        }

        void closeWriter() {
            if (writer != null) {
                writer.close();
            }
        }

        @Override
        public void close() {
            closeReader();
            closeWriter();
        }
    }
}
