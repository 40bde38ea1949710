import type { Cancel } from "@spillway/spec";
import type { Feed } from "./feed.ts";
import type { Run } from "./run-context.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** What the watchdog saw when a feed last moved. */
interface Sight {
  readonly ended: number;
  readonly sinceMs: number;
  told: boolean;
}

/** Notices feeds in which nothing has ended for a time although something is under way, and says which message is to blame. */
export class Watchdog {
  readonly #run: Run;
  readonly #afterMs: number;
  readonly #sights = new WeakMap<Feed, Sight>();
  #cancel: Cancel | undefined = undefined;

  constructor(run: Run, afterMs: number) {
    this.#run = run;
    this.#afterMs = afterMs;
    run.onEnd(() => this.#cancel?.());
    this.#lookLater();
  }

  /** What has not moved for too long, in sentences; empty when all is well. */
  stalled(): readonly string[] {
    const now = this.#run.clock.nowMs();
    return this.#feeds().flatMap((feed) => {
      const sight = this.#sights.get(feed);
      if (sight === undefined || sight.ended !== feed.ended || feed.unsettled === 0 || now - sight.sinceMs < this.#afterMs) return [];
      return [say(feed, now - sight.sinceMs)];
    });
  }

  #lookLater(): void {
    this.#cancel = this.#run.clock.schedule(this.#afterMs / 4, () => {
      for (const feed of this.#feeds()) this.#look(feed);
      this.#lookLater();
    });
  }

  #look(feed: Feed): void {
    const now = this.#run.clock.nowMs();
    const sight = this.#sights.get(feed);
    if (sight === undefined || sight.ended !== feed.ended || feed.unsettled === 0) {
      this.#sights.set(feed, { ended: feed.ended, sinceMs: now, told: false });
    } else if (!sight.told && now - sight.sinceMs >= this.#afterMs) {
      sight.told = true;
      this.#run.emit({
        type: "stalled",
        source: feed.origin.source,
        partition: feed.origin.partition,
        says: say(feed, now - sight.sinceMs),
      });
    }
  }

  #feeds(): readonly Feed[] {
    return this.#run.intakes.flatMap((intake) => intake.feeds);
  }
}

function say(feed: Feed, forMs: number): string {
  const { source, partition } = feed.origin;
  const where = partition === undefined ? source : `${source} ${partition}`;
  const first = feed.first();
  if (first === undefined) return `nothing of ${where} has ended for ${Math.round(forMs / 1_000)} s`;
  return `nothing of ${where} has ended for ${Math.round(forMs / 1_000)} s: message ${first.message.id} ${whereIs(first.delivery)}`;
}

/** Where a delivery is, for people. */
export function whereIs(delivery: TrackedDelivery | undefined): string {
  if (delivery === undefined) return "waits for its turn";
  const failed = delivery.lastFailure === undefined ? "" : ` after a failure at ${delivery.lastFailure.stage.name}`;
  if (delivery.follows) return `waits until the earlier messages of its key have ended, and then for its dead letter${failed}`;
  if (delivery.waits) return `waits for its next attempt${failed}`;
  if (delivery.mark?.kind === "failed") return `waits for its dead letter${failed}`;
  if (delivery.activity !== undefined) return `is being worked on at ${delivery.stage?.name ?? "a stage"}${failed}`;
  if (delivery.holder !== undefined) return `is at ${delivery.stage?.name ?? "the first stage"}${failed}`;
  return "is in no stage: an operator of your own between two of ours keeps or has dropped it; use filter() to turn messages away";
}
