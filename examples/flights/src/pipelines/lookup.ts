import type { HandleContext } from "@spillway/core";
import { recordNumber } from "../producer/record-number.ts";

/** Which calls of a lookup fail: a share of them, chosen by a seed. */
export interface Trouble {
  /** At least 0, at most 1. */
  readonly failRate: number;
  readonly seed: number;
}

/** What the lookup fails with. */
export class ServiceBusy extends Error {
  override readonly name = "ServiceBusy";
}

/**
 * A handler that stands in for a call to some service, and fails now and then. Whether it does depends on the seed, the record and the attempt
 * alone: the same after a restart.
 */
export function lookup<Value>({ failRate, seed }: Trouble): (value: Value, context: Pick<HandleContext, "message" | "attempt">) => Value {
  return (value, { message, attempt }) => {
    if (chance(seed, recordNumber(message), attempt) < failRate) throw new ServiceBusy("the service is busy (on purpose: see --fail-rate)");
    return value;
  };
}

/** At least 0, less than 1: the same for the same numbers. Each is mixed in as murmur3 ends. */
function chance(...numbers: readonly number[]): number {
  let hash = 0x9747b28c;
  for (const number of numbers) {
    hash = Math.imul(hash ^ number, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 0x1_0000_0000;
}
