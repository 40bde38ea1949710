import type { Observable } from "rxjs";
import type { Settled } from "./delivery.ts";
import { running } from "./engine/running.ts";

/**
 * Lets messages of these keys be worked on again, in a running pipeline whose dead letters block keys ("dead-letter-until-cleared"); without a list, of all
 * keys. Returns those that were blocked here. Takes effect at once, and in the checkpoint with its next save. Redrive the dead letters of the keys first.
 */
export function clearKeys(pipeline: Observable<Settled>, keys?: Iterable<string>): readonly string[] {
  const wanted = keys === undefined ? undefined : new Set(keys);
  const cleared = new Set<string>();
  for (const feed of running.find(pipeline)?.intakes.flatMap((intake) => intake.feeds) ?? []) {
    for (const key of feed.blockedKeys ?? []) {
      if (wanted?.has(key) === false) continue;
      feed.blockedKeys?.delete(key);
      feed.noted();
      cleared.add(key);
    }
  }
  return [...cleared];
}
