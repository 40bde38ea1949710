import { onTestFinished } from "vitest";
import { openLocal, type LocalStore, type OpenLocalOptions } from "../open-local.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** Opens a store that is closed, and gone, after the test. */
export async function temporaryStore(options: Partial<OpenLocalOptions> = {}): Promise<LocalStore> {
  const store = await openLocal({ directory: await temporaryDirectory(), durability: "process-crash", ...options });
  onTestFinished(() => store.close());
  return store;
}
