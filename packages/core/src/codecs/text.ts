import { isUtf8 } from "node:buffer";
import type { Payload } from "@spillway/spec";
import type { Codec } from "./codec.ts";
import { bytesOf, undecodable } from "./undecodable.ts";

/** The payload as UTF-8 text; invalid UTF-8 fails, an empty payload is the empty text. */
export function text(): Codec<Payload, string> {
  return { name: "text", decode: (payload) => decodeText(bytesOf(payload, "text")) };
}

/** The text that these bytes hold. */
export function decodeText(payload: Uint8Array): string {
  if (!isUtf8(payload)) throw undecodable("the payload is not valid UTF-8, so it cannot be read as text");
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8");
}
