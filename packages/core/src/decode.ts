import type { Codec } from "./codecs/codec.ts";
import { describeWork } from "./engine/work-description.ts";
import { addStage } from "./pipeline.ts";
import type { Stage } from "./stage.ts";

/**
 * Decodes the payload.
 *
 * Emits for each delivery that can be decoded, in order · What cannot is marked failed with class permanent, so that it goes to the dead letters with
 * its original bytes, disposition "decode".
 *
 * ```ts
 * decode(json(z.object({ id: z.string(), total: z.number() })))
 * ```
 */
export function decode<A, B>(codec: Codec<A, B>): Stage<A, B> {
  const stage = describeWork({
    kind: "decode",
    name: undefined,
    says: `decodes ${codec.name}`,
    work: (value) => codec.decode(value as A),
    concurrency: undefined,
    timeoutMs: undefined,
    disposition: "decode",
  });
  return (source) => addStage(source, stage);
}
