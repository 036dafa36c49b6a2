package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.linux.SeccompProfile.Action;
import belljar.linux.SeccompProfile.Comparison;
import belljar.linux.SeccompProfile.Condition;
import belljar.linux.SeccompProfile.Kind;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SeccompCompilerTest {
    private static final int AUDIT_ARCH_AARCH64 = 0xc00000b7;
    private static final long[] EDGES = {
        0,
        1,
        2,
        38,
        39,
        40,
        41,
        0x5412,
        0x7e020000L,
        0x7fffffffL,
        0x80000000L,
        0xffffffffL,
        0x100000000L,
        0x100000026L,
        0x7fffffffffffffffL,
        0x8000000000000000L,
        -1,
        -2,
        0xffffffff00000000L
    };

    @Test
    void meansTheSameAsTheProfileForRandomProfiles() {
        for (int seed = 0; seed < 150; seed++) {
            Random random = new Random(seed);
            SeccompProfile profile = randomProfile(random);
            BpfMachine machine = new BpfMachine(SeccompCompiler.compile(profile));
            for (int number = -2; number < 520; number++) {
                compare(profile, machine, number, random, "seed " + seed);
            }
            for (int i = 0; i < 200; i++) {
                compare(profile, machine, random.nextInt(), random, "seed " + seed);
            }
        }
    }

    static void compare(SeccompProfile profile, BpfMachine machine, int number, Random random, String where) {
        for (int i = 0; i < 4; i++) {
            long[] args = new long[6];
            for (int a = 0; a < 6; a++) {
                args[a] = random.nextInt(4) == 0 ? random.nextLong() : EDGES[random.nextInt(EDGES.length)];
            }
            for (SyscallAbi abi : SyscallAbi.values()) {
                int seen = number | abi.numberBit();
                SyscallAbi real =
                        abi == SyscallAbi.X86_64 && (number & SyscallAbi.X32.numberBit()) != 0 ? SyscallAbi.X32 : abi;
                // Above bit 30 a number is no call of any interface; what is left of it must not look like one.
                int bare = real == SyscallAbi.X32 ? seen - SyscallAbi.X32.numberBit() : number;
                if (real != SyscallAbi.X86 && number < 0) {
                    continue;
                }
                Action expected = profile.decide(real, bare, args);
                assertThat(machine.run(seen, abi.auditArch(), args))
                        .as("%s: %s call %d with %s", where, real, bare, java.util.Arrays.toString(args))
                        .isEqualTo(expected.code());
            }
        }
        assertThat(machine.run(number, AUDIT_ARCH_AARCH64, new long[6])).isEqualTo(Action.KILL_PROCESS.code());
    }

    private static SeccompProfile randomProfile(Random random) {
        SeccompProfile.Builder builder = SeccompProfile.builder(randomAction(random));
        int abis = random.nextInt(8);
        int density = 1 + random.nextInt(20);
        int argued = random.nextInt(30);
        for (SyscallAbi abi : SyscallAbi.values()) {
            if ((abis >> abi.ordinal() & 1) == 0) {
                continue;
            }
            builder.list(abi);
            Action run = randomAction(random);
            for (int number = random.nextInt(3); number < 470; number += 1 + random.nextInt(density)) {
                run = random.nextInt(5) == 0 ? randomAction(random) : run;
                if (random.nextInt(100) < argued) {
                    for (int rules = 1 + random.nextInt(3); rules > 0; rules--) {
                        builder.rule(abi, number, randomAction(random), randomConditions(random));
                    }
                }
                if (random.nextInt(100) >= argued / 2) {
                    builder.rule(abi, number, run);
                }
            }
        }
        return builder.build();
    }

    private static Action randomAction(Random random) {
        Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
        return new Action(kind, kind == Kind.ERRNO || kind == Kind.TRACE || kind == Kind.TRAP ? random.nextInt(40) : 0);
    }

    private static Condition[] randomConditions(Random random) {
        Condition[] conditions = new Condition[1 + random.nextInt(3)];
        for (int i = 0; i < conditions.length; i++) {
            Comparison comparison = Comparison.values()[random.nextInt(Comparison.values().length)];
            conditions[i] = new Condition(
                    random.nextInt(6),
                    comparison,
                    EDGES[random.nextInt(EDGES.length)],
                    EDGES[random.nextInt(EDGES.length)]);
        }
        return conditions;
    }

    @Test
    void reachesTargetsFurtherThanAConditionalJump() {
        SeccompProfile.Builder builder = SeccompProfile.builder(Action.errno(1));
        for (int number = 0; number < 400; number += 2) {
            builder.rule(
                    SyscallAbi.X86_64,
                    number,
                    Action.errno(2 + number),
                    new Condition(0, Comparison.EQ, number * 0x1_0000_0001L, 0),
                    new Condition(5, Comparison.GT, number, 0));
        }
        SeccompProfile profile = builder.build();
        BpfMachine machine = new BpfMachine(SeccompCompiler.compile(profile));
        assertThat(machine.length()).isGreaterThan(1000);
        for (int number = 0; number < 399; number++) {
            long[] args = {number * 0x1_0000_0001L, 0, 0, 0, 0, number + 1};
            assertThat(machine.run(number, SyscallAbi.X86_64.auditArch(), args))
                    .isEqualTo(Action.errno(number % 2 == 0 ? 2 + number : 1).code());
        }
    }

    @Test
    void refusesAProgramLongerThanTheKernelTakes() {
        SeccompProfile.Builder builder = SeccompProfile.builder(Action.ALLOW);
        for (int rule = 0; rule < 1200; rule++) {
            builder.rule(SyscallAbi.X86_64, 1, Action.errno(1), new Condition(0, Comparison.EQ, rule, 0));
        }
        assertThatThrownBy(() -> SeccompCompiler.compile(builder.build()))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("the kernel takes at most 4096");
    }

    @Test
    void answersNewerCallsWithEnosysOnlyWhereTheDefaultRefuses() {
        long[] args = new long[6];
        SeccompProfile refusing = SeccompProfile.builder(Action.errno(1))
                .rule(SyscallAbi.X86_64, 450, Action.ALLOW)
                .build();
        assertThat(refusing.decide(SyscallAbi.X86_64, 449, args)).isEqualTo(Action.errno(1));
        assertThat(refusing.decide(SyscallAbi.X86_64, 451, args)).isEqualTo(Action.errno(Errno.ENOSYS));
        SeccompProfile logging = SeccompProfile.builder(new Action(Kind.LOG, 0))
                .rule(SyscallAbi.X86_64, 450, Action.errno(1))
                .build();
        assertThat(logging.decide(SyscallAbi.X86_64, 451, args)).isEqualTo(new Action(Kind.LOG, 0));
    }

    @Test
    void neverLetsX32ThroughAProfileThatDoesNotListIt() {
        SeccompProfile profile = SeccompProfile.builder(Action.ALLOW)
                .rule(SyscallAbi.X86_64, Nr.MOUNT, Action.errno(1))
                .build();
        BpfMachine machine = new BpfMachine(SeccompCompiler.compile(profile));
        int x32Mount = Nr.MOUNT | SyscallAbi.X32.numberBit();
        assertThat(machine.run(x32Mount, SyscallAbi.X86_64.auditArch(), new long[6]))
                .isEqualTo(Action.errno(Errno.ENOSYS).code());
        assertThat(machine.run(21, SyscallAbi.X86.auditArch(), new long[6])).isEqualTo(Action.KILL_PROCESS.code());
    }

    /** The kernel itself as the judge: getppid takes no arguments, so that any can be tried. */
    @Test
    void meansTheSameAsTheProfileInTheKernel() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            SeccompProfile.Builder builder =
                    SeccompProfile.builder(Action.ALLOW).list(SyscallAbi.X86_64);
            for (int rule = 1; rule <= 5; rule++) {
                builder.rule(SyscallAbi.X86_64, Nr.GETPPID, Action.errno(rule), randomConditions(random));
            }
            builder.rule(SyscallAbi.X86_64, Nr.GETPPID, Action.errno(6));
            SeccompProfile profile = builder.build();
            try (Stub stub = Stub.start(0, -1, -1, -1);
                    Memory memory = stub.lend()) {
                byte[] program = SeccompCompiler.compile(profile);
                long header = memory.allocate(16);
                memory.putInt(header, program.length / SeccompCompiler.INSTRUCTION_SIZE);
                memory.putLong(header + 8, memory.copy(program));
                assertThat(stub.call(Nr.PRCTL, Prctl.SET_NO_NEW_PRIVS, 1, 0, 0, 0))
                        .isZero();
                assertThat(stub.call(Nr.SECCOMP, 1, 0, header)).isZero();
                for (int i = 0; i < 100; i++) {
                    long[] a = new long[6];
                    for (int n = 0; n < 6; n++) {
                        a[n] = EDGES[random.nextInt(EDGES.length)];
                    }
                    assertThat(stub.call(Nr.GETPPID, a[0], a[1], a[2], a[3], a[4], a[5]))
                            .as("seed %d with %s", seed, java.util.Arrays.toString(a))
                            .isEqualTo(-profile.decide(SyscallAbi.X86_64, Nr.GETPPID, a)
                                    .value());
                }
                assertThat(stub.call(Nr.GETPID)).isEqualTo(stub.pid());
            }
        }
    }
}
