/**
 * The virtual CPU that is ours, an x86-64 in software: the decoder, the interpreter with its operations by group, and
 * paging with its translation look-aside buffer. It sees a machine only through {@link belljar.machine}. What knows of
 * files, terminals or the host does not belong here.
 *
 * <p>The CPUs of a machine are threads, and see memory as the CPUs of an x86 machine do (SDM volume 3, section 9.2): a
 * load is in order with all that follows it, and a store with all that came before it, since there is an acquiring
 * fence behind each load and a releasing one before each store, which keep the JVM from moving them and cost nothing on
 * processors that order accesses so themselves. Aligned numbers of up to 8 bytes are loaded and stored whole. Locked
 * operations, XCHG, the fences, CPUID and IRET are full fences; the locked ones are atomic for numbers that lie within
 * 8 aligned bytes, and elsewhere among each other. So are exchanges of 16 bytes, whose halves others may see change one
 * after the other. Page tables are marked with compare and exchange.
 *
 * <p>Instructions are decoded ahead, by pages of physical memory. Whoever stores to a page that was decoded has all
 * CPUs decode it anew from the next jump on, and a CPU that stores to the page it executes from does so from its next
 * instruction on, whatever the linear address of the store.
 */
@NullMarked
package belljar.translator;

import org.jspecify.annotations.NullMarked;
