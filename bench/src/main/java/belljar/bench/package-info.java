/**
 * How fast Belljar is, as ratios against the programs that do the same. Both sides of a comparison alternate in one run
 * on one machine, because times of different days or machines say nothing beside each other; what is printed is the
 * ratio of medians, with the lowest and the 90th percentile beside it so that noise can be seen.
 *
 * <p>A {@link Benchmark} makes its {@link Side}s equal (same files, same options), a {@link Contest} runs them in turn,
 * a {@link Table} shows the result. Everything lives in a {@link Scratch} directory and is gone afterwards. Nothing
 * here is a test: a goal that is missed is printed, not failed.
 */
@NullMarked
package belljar.bench;

import org.jspecify.annotations.NullMarked;
