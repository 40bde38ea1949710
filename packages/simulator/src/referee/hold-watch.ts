import type { Explanation, FeedExplanation } from "@spillway/core";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { Findings } from "./findings.ts";

/** Holds engines to this: what stands still names what holds it. */
export class HoldWatch {
  readonly #findings: Findings;
  /** What each partition of each process looked like when it was looked at last. */
  readonly #last = new Map<string, string>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Looks at an engine, some time after the last look: long enough for whatever can move to have moved. */
  look(process: SimulatedProcess, { feeds, gates, state }: Explanation): void {
    for (const feed of feeds) {
      const name = `${process.name} ${feed.source} ${feed.partition ?? ""}`;
      const sight = sightOf(feed);
      const stands = this.#last.get(name) === sight;
      this.#last.set(name, sight);
      if (!stands || state !== "running" || feed.unsettled === 0 || gates.length > 0) continue;
      if (feed.firstUnsettled !== undefined && feed.firstUnsettled.state !== "waits for its turn") continue;
      this.#findings.add(
        "G7",
        `${name} stands still and says of ${feed.firstUnsettled?.id ?? "its messages"} only that it waits for its turn`,
      );
    }
  }
}

function sightOf({ unsettled, heldBehindFirst, unsaved, firstUnsettled: first }: FeedExplanation): string {
  return [unsettled, heldBehindFirst, unsaved, first?.id, first?.attempt, first?.state].join(" ");
}
