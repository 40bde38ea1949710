import type { InputLog } from "../producer/data-set.ts";
import type { JobInput } from "./job-backend.ts";

/** An input that cannot say itself how much was ever appended to it, such as a queue, which forgets what it gives away: counts that here. */
export function countedInput(log: InputLog, append: JobInput["append"]): JobInput {
  let appended = 0;
  return {
    progress: "counts",
    appended: () => Promise.resolve(new Map([[log, appended]])),
    async append(messages) {
      const results = await append(messages);
      appended += results.filter(({ ok }) => ok).length;
      return results;
    },
  };
}
