import { setTimeout as sleep } from "node:timers/promises";
import type { TestTopic } from "./test-topic.ts";

/** Looks at a group's committed offsets again and again. */
export interface CommittedWatch {
  /** Every step back that was seen. */
  readonly stepsBack: readonly string[];
  /** How often it has looked. */
  readonly looks: number;
  end(): Promise<void>;
}

/** Starts to watch. */
export function committedWatch({ admin, topic }: TestTopic, groupId: string): CommittedWatch {
  const stepsBack: string[] = [];
  const highest = new Map<number, number>();
  let isEnding = false;
  let looks = 0;
  const running = (async () => {
    while (!isEnding) {
      // A coordinator that is away is asked again at the next look.
      const [found] = await admin.fetchOffsets({ groupId, topics: [topic] }).catch(() => []);
      if (found !== undefined) looks += 1;
      for (const { partition, offset } of found?.partitions ?? []) {
        const before = highest.get(partition) ?? -1;
        if (Number(offset) < before) stepsBack.push(`${partition}: ${before} to ${offset}`);
        highest.set(partition, Math.max(before, Number(offset)));
      }
      await sleep(50);
    }
  })();
  return {
    stepsBack,
    get looks() {
      return looks;
    },
    async end() {
      isEnding = true;
      await running;
    },
  };
}
