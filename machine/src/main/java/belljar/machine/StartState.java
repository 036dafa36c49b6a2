package belljar.machine;

/**
 * The state in which the first CPU executes its first instruction. Paging is off and code has 32 bits, or it is 64-bit
 * mode with tables that were laid out in memory; all segments begin at 0 and have no end.
 *
 * @param rip the instruction pointer
 * @param longMode whether it is 64-bit mode
 * @param cr3 the address of the page tables in 64-bit mode
 * @param rax the register
 * @param rbx the register
 * @param rsi the register
 * @param rsp the stack pointer
 */
public record StartState(long rip, boolean longMode, long cr3, long rax, long rbx, long rsi, long rsp) {}
