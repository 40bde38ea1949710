import { localTable, type LocalStore } from "@spillway/local";
import { SpillwayError } from "@spillway/spec";

/** What a job does, from its first start to its end: it cannot be changed half way. */
export interface Settings {
  readonly limit: number;
  readonly failRate: number;
  readonly seed: number;
}

/** What is done where nothing else was asked for. JSON has no Infinity: this is every record of every file. */
export const defaultSettings: Settings = { limit: Number.MAX_SAFE_INTEGER, failRate: 0.01, seed: 7 };

/** The settings of the job in this store: those of its first start. Refuses to change them. */
export async function settle(store: LocalStore, asked: Partial<Settings>): Promise<Settings> {
  const table = localTable<Settings>({ store, table: "settings" });
  const settings = await table.update("job", (before = { ...defaultSettings, ...asked }) => before);
  for (const name of ["limit", "failRate", "seed"] as const) {
    if (asked[name] === undefined || asked[name] === settings[name]) continue;
    throw new SpillwayError(
      `The job in ${store.directory} was begun with ${name} ${settings[name]}, and goes on with that. Leave the option out, or begin anew with --fresh.`,
      { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" },
    );
  }
  return settings;
}
