package belljar.translator;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The opcode maps as data (SDM volume 2, appendix A). A line is an opcode, perhaps with the value of ModRM's register
 * field or a mandatory prefix, the operation, and the operands in the manual's notation: a letter for the place (E:
 * ModRM r/m, G: ModRM reg, Z: the opcode's low bits, A: accumulator, C: CL, N: the number 1, I: immediate, J: relative,
 * O: an address, M: r/m in memory, S: segment register, V: ModRM reg as XMM) and one for the size (b, w, d, q; v:
 * operand size; z: operand size, at most 4 bytes; y: 4 or 8 bytes; s: a byte that is sign-extended).
 */
final class OpcodeTable {
    /** What a line says. */
    record Form(Op op, List<String> operands, boolean wide, boolean modRm) {}

    private static final String[] ARITHMETIC = {"add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"};
    private static final String[] SHIFTS = {"rol", "ror", "rcl", "rcr", "shl", "shr", "shl", "sar"};

    /** One byte. A '!' means 64 bits without a prefix in 64-bit mode. */
    private static final String ONE = """
            06 pushseg;07 popseg;0E pushseg;16 pushseg;17 popseg;1E pushseg;1F popseg
            27 daa;2F das;37 aaa;3F aas;40+8 inc Zv;48+8 dec Zv;50+8 push! Zv;58+8 pop! Zv
            60 pusha;61 popa;62 bound Gv Mv;63 movsxd Gv Ed;68 push! Iz;69 imul Gv Ev Iz;6A push! Is;6B imul Gv Ev Is
            6C ins b;6D ins z;6E outs b;6F outs z;70+16 jcc! Jb
            84 test Eb Gb;85 test Ev Gv;86 xchg Eb Gb;87 xchg Ev Gv
            88 mov Eb Gb;89 mov Ev Gv;8A mov Gb Eb;8B mov Gv Ev;8C movfromseg Ev Sw;8D lea Gv Mv;8E movtoseg Sw Ew
            8F/0 pop! Ev;90+8 xchg Zv Av;98 cbw v;99 cwd v;9A callfi Iz;9B wait;9C pushf!;9D popf!;9E sahf;9F lahf
            A0 mov Ab Ob;A1 mov Av Ov;A2 mov Ob Ab;A3 mov Ov Av;A4 movs b;A5 movs v;A6 cmps b;A7 cmps v
            A8 test Ab Ib;A9 test Av Iz;AA stos b;AB stos v;AC lods b;AD lods v;AE scas b;AF scas v
            B0+8 mov Zb Ib;B8+8 mov Zv Iv;C2 ret! Iw;C3 ret!;C4 loadseg Gz Mz;C5 loadseg Gz Mz
            C6/0 mov Eb Ib;C7/0 mov Ev Iz;C8 enter! Iw Ib;C9 leave!;CA retf v Iw;CB retf v;CC int3;CD int Ib;CE into
            CF iret v;D4 aam Ib;D5 aad Ib;D6 salc;D7 xlat b;D8+8 fpu Mq
            E0 loopne! Jb;E1 loope! Jb;E2 loop! Jb;E3 jcxz! Jb;E4 in Ab Ib;E5 in Az Ib;E6 out Ib Ab;E7 out Ib Az
            E8 call! Jz;E9 jmp! Jz;EA jmpfi Iz;EB jmp! Jb;EC in Ab Dw;ED in Az Dw;EE out Dw Ab;EF out Dw Az
            F1 int1;F4 hlt;F5 cmc;F6/0 test Eb Ib;F6/1 test Eb Ib;F6/2 not Eb;F6/3 neg Eb;F6/4 mul Eb;F6/5 imul1 Eb
            F6/6 div Eb;F6/7 idiv Eb;F7/0 test Ev Iz;F7/1 test Ev Iz;F7/2 not Ev;F7/3 neg Ev;F7/4 mul Ev
            F7/5 imul1 Ev;F7/6 div Ev;F7/7 idiv Ev;F8 clc;F9 stc;FA cli;FB sti;FC cld;FD std;FE/0 inc Eb;FE/1 dec Eb
            FF/0 inc Ev;FF/1 dec Ev;FF/2 calle! Ev;FF/3 callf Mv;FF/4 jmpe! Ev;FF/5 jmpf Mv;FF/6 push! Ev
            """;

    /** Two bytes, the first 0F. */
    private static final String TWO = """
            00/0 sldt Ev;00/1 str Ev;00/2 lldt Ew;00/3 ltr Ew;00/4 verr Ew;00/5 verw Ew
            01/0 sgdt Mq;01/1 sidt Mq;01/2 lgdt Mq;01/3 lidt Mq;01/4 smsw Ev;01/5 ud Mq;01/6 lmsw Ew;01/7 invlpg Mb
            02 lar Gv Ew;03 lsl Gv Ew;05 syscall;06 clts;07 sysret v;08 invd;09 invd;0B ud;0D nop Ev
            18 nop Ev;19 nop Ev;1A nop Ev;1B nop Ev;1C nop Ev;1D nop Ev;1E nop Ev;1F nop Ev
            20 movfromcr Rq;21 movfromdr Rq;22 movtocr Rq;23 movtodr Rq
            30 wrmsr;31 rdtsc;32 rdmsr;33 rdpmc;34 sysenter;35 sysexit v;40+16 cmov Gv Ev;77 emms
            80+16 jcc! Jz;90+16 setcc Eb;A0 pushseg;A1 popseg;A2 cpuid;A3 bt Ev Gv;A4 shld Ev Gv Ib;A5 shld Ev Gv Cb
            A8 pushseg;A9 popseg;AB bts Ev Gv;AC shrd Ev Gv Ib;AD shrd Ev Gv Cb
            AE/0 fxsave My;AE/1 fxrstor My;AE/2 ldmxcsr Md;AE/3 stmxcsr Md;AE/4 xsave My;AE/5 xrstor My;AE/6 fence;AE/7 fence
            AF imul Gv Ev;B0 cmpxchg Eb Gb;B1 cmpxchg Ev Gv;B2 loadseg Gz Mz;B3 btr Ev Gv;B4 loadseg Gz Mz
            B5 loadseg Gz Mz;B6 movzx8 Gv Eb;B7 movzx16 Gv Ew;B9 ud Gv Ev;BA/4 bt Ev Ib;BA/5 bts Ev Ib;BA/6 btr Ev Ib
            BA/7 btc Ev Ib;BB btc Ev Gv;BC bsf Gv Ev;BD bsr Gv Ev;BE movsx8 Gv Eb;BF movsx16 Gv Ew
            C0 xadd Eb Gb;C1 xadd Ev Gv;C3 movnti My Gy;C7/1 cmpxchg8b My;C7/6 rdrand Rv;C7/7 rdseed Rv
            C8+8 bswap Zv;FF ud Gv Ev;B8 popcnt Gv Ev
            """;

    private final @Nullable Form[] direct = new Form[256];
    private final @Nullable Form[] grouped = new Form[8 * 256];
    private final boolean[] isGroup = new boolean[256];

    private OpcodeTable() {}

    static OpcodeTable one() {
        OpcodeTable table = new OpcodeTable();
        for (int i = 0; i < ARITHMETIC.length; i++) {
            String[] forms = {"Eb Gb", "Ev Gv", "Gb Eb", "Gv Ev", "Ab Ib", "Av Iz"};
            for (int j = 0; j < forms.length; j++) {
                table.direct[8 * i + j] = form(ARITHMETIC[i] + " " + forms[j]);
            }
            table.group(0x80, i, ARITHMETIC[i] + " Eb Ib");
            table.group(0x81, i, ARITHMETIC[i] + " Ev Iz");
            table.group(0x82, i, ARITHMETIC[i] + " Eb Ib");
            table.group(0x83, i, ARITHMETIC[i] + " Ev Is");
            table.group(0xC0, i, SHIFTS[i] + " Eb Ib");
            table.group(0xC1, i, SHIFTS[i] + " Ev Ib");
            table.group(0xD0, i, SHIFTS[i] + " Eb Nb");
            table.group(0xD1, i, SHIFTS[i] + " Ev Nb");
            table.group(0xD2, i, SHIFTS[i] + " Eb Cb");
            table.group(0xD3, i, SHIFTS[i] + " Ev Cb");
        }
        table.add(ONE);
        return table;
    }

    static OpcodeTable two() {
        OpcodeTable table = new OpcodeTable();
        table.add(TWO);
        return table;
    }

    private void add(String text) {
        for (String line : text.split("[;\\n]", -1)) {
            if (line.isBlank()) {
                continue;
            }
            int space = line.indexOf(' ');
            String place = line.substring(0, space);
            String rest = line.substring(space + 1);
            int opcode = Integer.parseInt(place.substring(0, 2), 16);
            if (place.indexOf('/') > 0) {
                group(opcode, place.charAt(3) - '0', rest);
            } else {
                int count = place.indexOf('+') > 0 ? Integer.parseInt(place.substring(3)) : 1;
                for (int i = 0; i < count; i++) {
                    direct[opcode + i] = form(rest);
                }
            }
        }
    }

    private void group(int opcode, int field, String rest) {
        isGroup[opcode] = true;
        grouped[8 * opcode + field] = form(rest);
    }

    private static Form form(String text) {
        List<String> words = new ArrayList<>(List.of(text.strip().split(" ", -1)));
        String name = words.removeFirst();
        boolean wide = name.endsWith("!");
        Op op = Op.valueOf((wide ? name.substring(0, name.length() - 1) : name).toUpperCase(Locale.ROOT));
        boolean modRm = false;
        for (String word : words) {
            modRm |= "EGMSRV".indexOf(word.charAt(0)) >= 0 && word.length() == 2;
        }
        return new Form(op, List.copyOf(words), wide, modRm);
    }

    /** {@return whether the register field of ModRM is part of an opcode} */
    boolean isGroup(int opcode) {
        return isGroup[opcode];
    }

    /** {@return the form of an opcode; null where there is none} */
    @Nullable Form form(int opcode, int field) {
        return isGroup[opcode] ? grouped[8 * opcode + field] : direct[opcode];
    }
}
