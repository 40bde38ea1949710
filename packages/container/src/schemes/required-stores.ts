import type { Address } from "../address.ts";
import { invalid } from "../invalid.ts";
import type { Open, Stores } from "../scheme.ts";

/** Opens the stores that the option "stores" names. Rejects with SPILLWAY_INVALID_OPTIONS where a source names none. */
export async function requiredStores(
  url: string | undefined,
  { address, open }: { readonly address: Address; readonly open: Open },
): Promise<Stores> {
  if (url !== undefined) return await open("stores", url);
  throw invalid(
    `A "${address.scheme}:" source keeps its leases and checkpoints in stores: add "stores=dynamodb://${address.authority}/table" to its URL, and register dynamoDbScheme().`,
  );
}
