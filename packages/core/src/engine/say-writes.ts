import type { Sink } from "@spillway/spec";

/** What a stage that writes to a sink promises its readers, for explain(). */
export function sayWrites({ name }: Sink<never>): string {
  return `writes to "${name}": a write whose answer was lost is repeated, so that its readers may see a message twice, with the same id`;
}
