import type { Payload } from "@spillway/spec";
import type { Codec } from "./codec.ts";

/** The same codec, but a tombstone is the value null instead of a failure. */
export function orTombstone<B>(codec: Codec<Payload, B>): Codec<Payload, B | null> {
  return { name: `${codec.name} or tombstone`, decode: (payload) => (payload === null ? null : codec.decode(payload)) };
}
