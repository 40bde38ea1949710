import type { Payload } from "@spillway/spec";
import type { Codec } from "./codec.ts";
import { bytesOf } from "./undecodable.ts";

/** The payload as it is; a tombstone fails, an empty payload does not. */
export function bytes(): Codec<Payload, Uint8Array> {
  return { name: "bytes", decode: (payload) => bytesOf(payload, "bytes") };
}
