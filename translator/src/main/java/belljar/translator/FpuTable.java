package belljar.translator;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The opcodes D8 to DF as data (SDM volume 2, table, with the aliases that processors have beyond them). A
 * word is an operation, perhaps with the kind of its operand, where its result goes and how often it pops.
 */
final class FpuTable {
    /** What the operand is: none, a register, or a number or a structure in memory. */
    enum Operand {
        NONE,
        REGISTER,
        SINGLE,
        DOUBLE,
        EXTENDED,
        SHORT,
        INT,
        LONG,
        DECIMAL,
        OTHER
    }

    /**
     * What an opcode means.
     *
     * @param toOther whether the result goes to the register of the operand, not to the top
     */
    record Form(X87 op, Operand operand, boolean toOther, int pops) {
        boolean isInteger() {
            return operand == Operand.SHORT || operand == Operand.INT || operand == Operand.LONG;
        }
    }

    /**
     * By ModRM's register field: operations with memory. The operand's kind stands for a line where no word has one.
     */
    private static final String[] MEMORY = {
        "single fadd fmul fcom fcom+1 fsub fsubr fdiv fdivr",
        "single fld - fst fst+1 fldenv:other fldcw:other fnstenv:other fnstcw:other",
        "int fadd fmul fcom fcom+1 fsub fsubr fdiv fdivr",
        "int fld fistt+1 fst fst+1 - fld:extended - fst+1:extended",
        "double fadd fmul fcom fcom+1 fsub fsubr fdiv fdivr",
        "double fld fistt+1:long fst fst+1 frstor:other - fnsave:other fnstsw:other",
        "short fadd fmul fcom fcom+1 fsub fsubr fdiv fdivr",
        "short fld fistt+1 fst fst+1 fld:decimal fld:long fst+1:decimal fst+1:long"
    };

    /** The same with registers: a word stands for eight codes, or a list of words for one each. */
    private static final String[] REGISTERS = {
        "fadd fmul fcom fcom+1 fsub fsubr fdiv fdivr",
        "fld fxch fnop,-,-,-,-,-,-,- fst+1 fchs,fabs,-,-,ftst,fxam,-,- fld1,fldl2t,fldl2e,fldpi,fldlg2,fldln2,fldz,- "
                + "f2xm1,fyl2x,fptan,fpatan,fxtract,fprem1,fdecstp,fincstp "
                + "fprem,fyl2xp1,fsqrt,fsincos,frndint,fscale,fsin,fcos",
        "fcmovb fcmove fcmovbe fcmovu - -,fucom+2,-,-,-,-,-,- - -",
        "fcmovnb fcmovne fcmovnbe fcmovnu fnnop,fnnop,fnclex,fninit,fnnop,-,-,- fucomi fcomi -",
        "fadd> fmul> fcom fcom+1 fsubr> fsub> fdivr> fdiv>",
        "ffree fxch fst fst+1 fucom fucom+1 - -",
        "fadd>+1 fmul>+1 fcom+1 -,fcom+2,-,-,-,-,-,- fsubr>+1 fsub>+1 fdivr>+1 fdiv>+1",
        "ffree+1 fxch fst+1 fst+1 fnstsw,-,-,-,-,-,-,- fucomi+1 fcomi+1 -"
    };

    private static final int MEMORY_FORMS = 64;
    private static final @Nullable Form[] FORMS = new Form[MEMORY_FORMS + 8 * 64];

    static {
        for (int i = 0; i < 8; i++) {
            String[] memory = MEMORY[i].split(" ", -1);
            String[] registers = REGISTERS[i].split(" ", -1);
            for (int j = 0; j < 8; j++) {
                FORMS[8 * i + j] = form(memory[j + 1], memory[0]);
                String[] each = registers[j].split(",", -1);
                for (int k = 0; k < 8; k++) {
                    String kind = each.length == 1 ? "register" : "none";
                    FORMS[MEMORY_FORMS + 64 * i + 8 * j + k] = form(each[each.length == 1 ? 0 : k], kind);
                }
            }
        }
    }

    private FpuTable() {}

    private static @Nullable Form form(String word, String standard) {
        if (word.equals("-")) {
            return null;
        }
        int colon = word.indexOf(':');
        String kind = colon < 0 ? standard : word.substring(colon + 1);
        String rest = colon < 0 ? word : word.substring(0, colon);
        int plus = rest.indexOf('+');
        int pops = plus < 0 ? 0 : rest.charAt(plus + 1) - '0';
        rest = plus < 0 ? rest : rest.substring(0, plus);
        boolean toOther = rest.endsWith(">");
        String name = toOther ? rest.substring(0, rest.length() - 1) : rest;
        return new Form(
                X87.valueOf(name.toUpperCase(Locale.ROOT)),
                Operand.valueOf(kind.toUpperCase(Locale.ROOT)),
                toOther,
                pops);
    }

    /** {@return the number of a form for {@link #form(int)}} */
    static int number(int opcode, int modRm) {
        int line = opcode & 7;
        return modRm < 0xC0 ? 8 * line + (modRm >> 3 & 7) : MEMORY_FORMS + 64 * line + (modRm & 0x3F);
    }

    /** {@return what a number of a form means; null for nothing} */
    static @Nullable Form form(int number) {
        return FORMS[number];
    }
}
