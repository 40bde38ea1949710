import type { SharedHistory } from "./shared-history.ts";

/** For each shard that has parents: those of them that had messages left to be handled when a message of the child was, as "child,parent". */
export function tooEarly(options: {
  readonly history: Pick<SharedHistory, "firstAt">;
  /** The shard of each message, which is named "key number". */
  readonly shardOf: ReadonlyMap<string, string>;
  readonly parentsOf: ReadonlyMap<string, readonly string[]>;
}): readonly string[] {
  const firstOf = new Map<string, number>();
  const lastOf = new Map<string, number>();
  for (const [message, shard] of options.shardOf) {
    const [key = "", number = ""] = message.split(" ");
    const at = options.history.firstAt(key, Number(number)) ?? Number.POSITIVE_INFINITY;
    firstOf.set(shard, Math.min(at, firstOf.get(shard) ?? Number.POSITIVE_INFINITY));
    lastOf.set(shard, Math.max(at, lastOf.get(shard) ?? -1));
  }
  return [...options.parentsOf].flatMap(([child, parents]) =>
    parents
      .filter((parent) => (firstOf.get(child) ?? Number.POSITIVE_INFINITY) < (lastOf.get(parent) ?? -1))
      .map((parent) => `${child},${parent}`),
  );
}
