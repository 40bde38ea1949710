import type { Cancel } from "@spillway/spec";
import { Family } from "./family.ts";
import type { Feed } from "./feed.ts";
import type { Run } from "./run-context.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** What the watchdog saw when a feed, or its first message, last moved. */
interface Sight {
  readonly ended: string;
  /** The first message that is not settled, and where it is; undefined while it waits for a time, and so will move by itself. */
  readonly first: string | undefined;
  readonly sinceMs: number;
  told: boolean;
}

/**
 * Notices feeds in which nothing has ended for a time although something is under way, and messages that neither end nor move for a time though others do;
 * and says which message is to blame.
 */
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
      if (sight === undefined || !stands(sight, feed) || now - sight.sinceMs < this.#afterMs) return [];
      return [say(feed, now - sight.sinceMs, sight.ended)];
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
    if (sight === undefined || !stands(sight, feed)) {
      this.#sights.set(feed, { ended: endedOf(feed), first: firstOf(feed), sinceMs: now, told: false });
    } else if (!sight.told && now - sight.sinceMs >= this.#afterMs) {
      sight.told = true;
      this.#run.emit({
        type: "stalled",
        source: feed.origin.source,
        partition: feed.origin.partition,
        says: say(feed, now - sight.sinceMs, sight.ended),
      });
    }
  }

  #feeds(): readonly Feed[] {
    return this.#run.intakes.flatMap((intake) => intake.feeds);
  }
}

/** Whether nothing has moved since: of the whole feed, or of its first message. */
function stands(sight: Sight, feed: Feed): boolean {
  if (feed.unsettled === 0) return false;
  return sight.ended === endedOf(feed) || (sight.first !== undefined && sight.first === firstOf(feed));
}

/** How many have ended, of the feed and of its first message's children: a message of many is no worse than as many messages. */
function endedOf(feed: Feed): string {
  const activity = feed.first()?.delivery?.activity;
  return activity instanceof Family ? `${feed.ended} and ${activity.born - activity.size} children` : String(feed.ended);
}

function firstOf(feed: Feed): string | undefined {
  const { message, delivery } = feed.first() ?? {};
  const awaited = awaitedOf(delivery);
  if (message === undefined || awaited?.waits === true) return undefined;
  return `${feed.window.base} ${message.id} ${awaited?.attempt} ${whereIs(delivery)}`;
}

/** What a delivery that has not ended stands and falls with: itself, or the oldest of its children. */
export function awaitedOf(delivery: TrackedDelivery | undefined): TrackedDelivery | undefined {
  return delivery?.activity instanceof Family ? (awaitedOf(delivery.activity.first) ?? delivery) : delivery;
}

function say(feed: Feed, forMs: number, ended: string): string {
  const { source, partition } = feed.origin;
  const where = partition === undefined ? source : `${source} ${partition}`;
  const first = feed.first();
  const time = `${Math.round(forMs / 1_000)} s`;
  if (first === undefined) return `nothing of ${where} has ended for ${time}`;
  const what = `message ${first.message.id} ${whereIs(first.delivery)}`;
  return ended === endedOf(feed)
    ? `nothing of ${where} has ended for ${time}: ${what}`
    : `${where}: ${what}, for ${time}, while others end`;
}

/** Where a delivery is, for people. */
export function whereIs(delivery: TrackedDelivery | undefined): string {
  if (delivery === undefined) return "waits for its turn";
  const failed = delivery.lastFailure === undefined ? "" : ` after a failure at ${delivery.lastFailure.stage.name}`;
  if (delivery.follows) return `waits until the earlier messages of its key have ended, and then for its dead letter${failed}`;
  if (delivery.waits) return `waits for its next attempt${failed}`;
  if (delivery.mark?.kind === "failed") return `waits for its dead letter${failed}`;
  if (delivery.activity !== undefined) {
    const child = delivery.activity instanceof Family ? delivery.activity.first : undefined;
    const waitsFor = child === undefined ? "" : `, and its child ${child.message.id} ${whereIs(child)}`;
    return `is being worked on at ${delivery.stage?.name ?? "a stage"}${failed}${waitsFor}`;
  }
  if (delivery.holder !== undefined) return `is at ${delivery.stage?.name ?? "the first stage"}${failed}`;
  return "is in no stage: an operator of your own between two of ours keeps or has dropped it; use filter() to turn messages away";
}
