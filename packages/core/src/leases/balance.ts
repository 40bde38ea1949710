/** How many leases each worker has, those that are on their way to it included. */
export type Loads = ReadonlyMap<string, number>;

/** One lease should go from one worker to another. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

/** Gives each of `count` free leases to a worker, one after the other to the least loaded (the first by name, of equals), and tells the loads then. */
export function shareOut(count: number, loads: Loads): { readonly takers: readonly string[]; readonly loads: Loads } {
  const after = new Map(loads);
  const takers: string[] = [];
  for (let index = 0; index < count; index++) {
    let taker: string | undefined;
    let least = Infinity;
    for (const [worker, load] of after) {
      if (load < least || (load === least && taker !== undefined && worker < taker)) {
        taker = worker;
        least = load;
      }
    }
    if (taker === undefined) break;
    takers.push(taker);
    after.set(taker, least + 1);
  }
  return { takers, loads: after };
}

/**
 * The moves that bring all within one of each other; none when they are, so that balanced workers stay quiet. Every worker that sees the same loads
 * gets the same moves, so each carries out those to itself and they do not ask for the same lease. Askers and owners take turns in the list: the first
 * few moves spread over all of them.
 */
export function moves(loads: Loads): readonly Move[] {
  const byLoad = [...loads].sort(([first, its], [second, other]) => other - its || (first < second ? -1 : 1));
  const total = byLoad.reduce((sum, [, load]) => sum + load, 0);
  const share = Math.floor(total / byLoad.length);
  const extra = total % byLoad.length;
  const surplus = byLoad.map(([worker, load], rank) => ({ worker, count: load - share - (rank < extra ? 1 : 0) }));
  const from = inTurns(surplus.filter(({ count }) => count > 0));
  const to = inTurns(surplus.filter(({ count }) => count < 0).map(({ worker, count }) => ({ worker, count: -count })));
  return from.flatMap((worker, index) => {
    const taker = to[index];
    return taker === undefined ? [] : [{ from: worker, to: taker }];
  });
}

function inTurns(counts: readonly { readonly worker: string; readonly count: number }[]): readonly string[] {
  const turns: string[] = [];
  const most = Math.max(0, ...counts.map(({ count }) => count));
  for (let round = 0; round < most; round++) {
    for (const { worker, count } of counts) if (round < count) turns.push(worker);
  }
  return turns;
}
