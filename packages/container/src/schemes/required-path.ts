import type { Address } from "../address.ts";
import { invalid } from "../invalid.ts";

/** The path of an address. Throws SPILLWAY_INVALID_OPTIONS where it is empty. */
export function requiredPath({ scheme, path }: Address, what: string, form: string): string {
  if (path !== "") return path;
  throw invalid(`A "${scheme}:" URL must name ${what}: ${form}`);
}
