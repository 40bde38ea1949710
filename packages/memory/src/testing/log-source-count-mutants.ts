import type { LogSourceSubject } from "@spillway/conformance";
import type { StartPosition } from "@spillway/spec";
import { counts, sources } from "./log-source-mutations.ts";
import type { Mutant } from "./mutant.ts";

const never = new AbortController().signal;

/** Log sources that count wrongly, and which cases reject them. */
export const logSourceCountMutants: readonly Mutant<LogSourceSubject>[] = [
  {
    name: "counts one message too few",
    rejectedBy: ["a count is exact, an upper bound or unknown with a reason, and never too low"],
    mutate: (subject) => counts(subject, (counted) => ({ is: "at most", messages: Math.max(0, counted - 1) })),
  },
  {
    name: "gives an estimate for an exact count",
    rejectedBy: ["a count is exact, an upper bound or unknown with a reason, and never too low"],
    mutate: (subject) => counts(subject, (counted) => ({ is: "exactly", messages: counted + 1 })),
  },
  {
    name: "does not say how many messages there are",
    rejectedBy: ["a source that can count says how many messages lie between two places"],
    mutate: (subject) => counts(subject, () => ({ is: "unknown", reason: "too lazy" })),
  },
  {
    name: "counts what was trimmed",
    rejectedBy: ["messages that were trimmed are not counted"],
    mutate: (subject) =>
      sources(subject, (source) => ({
        ...source,
        async count(_partition, { from, until }) {
          const offset = (start: StartPosition): number => (start.at === "after" ? Number(start.position) + 1 : 0);
          return { is: "at most", messages: until.at === "latest" ? 6 - offset(from) : Math.max(0, offset(until) - offset(from)) };
        },
      })),
  },
  {
    name: "counts under an aborted signal",
    rejectedBy: ["a count under an aborted signal rejects, and one that has answered leaves no listener"],
    mutate: (subject) =>
      sources(subject, (source) => ({ ...source, count: (partition, options) => source.count(partition, { ...options, signal: never }) })),
  },
  {
    name: "leaves a listener for each count",
    rejectedBy: ["a count under an aborted signal rejects, and one that has answered leaves no listener"],
    mutate: (subject) =>
      sources(subject, (source) => ({
        ...source,
        count(partition, options) {
          options.signal.addEventListener("abort", () => undefined);
          return source.count(partition, options);
        },
      })),
  },
];
