package belljar.container;

import belljar.linux.Keeper;
import belljar.sandbox.Keeping;
import belljar.sandbox.LogTarget;

/**
 * A container's keeper and its orders.
 *
 * @param keeper the process
 * @param keeping what it is to do
 */
record Kept(Keeper keeper, Keeping keeping) {
    static Keeper.Plan plan(Keeping keeping) {
        LogTarget log = keeping.log();
        boolean json = log.format() == LogTarget.Format.JSON;
        return new Keeper.Plan(
                new Keeper.Log(log.path(), json, log.maxSize(), log.maxFiles()),
                keeping.exitFile(),
                keeping.afterwards(),
                keeping.announced());
    }
}
