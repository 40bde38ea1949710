import type { Address } from "../address.ts";
import { invalid } from "../invalid.ts";

/** Who reads a log: what this option of its URL says, else who opens it. Throws SPILLWAY_INVALID_OPTIONS where neither is said. */
export function consumerOf(
  option: string,
  named: string | undefined,
  { address, consumer }: { readonly address: Address; readonly consumer: string | undefined },
): string {
  const found = named ?? consumer;
  if (found !== undefined && found !== "") return found;
  throw invalid(`A "${address.scheme}:" source must know who reads: add "${option}=..." to its URL, or open it with a consumer.`);
}
