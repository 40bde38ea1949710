import { readFile } from "node:fs/promises";
import { invalid } from "./invalid.ts";
import { nearestName } from "./nearest-name.ts";

/** Which backend is behind each name, and which pipelines this process runs. */
export interface SpillwayConfig {
  /** A URL for each name that a pipeline uses. */
  readonly backends: Readonly<Record<string, string>>;
  /** The URL of every name that `backends` leaves out, with "{name}" in its place: "kafka://broker:9092/{name}?group=charges". */
  readonly otherBackends?: string;
  /** The pipelines to run, by name; all where left out. */
  readonly pipelines?: readonly string[];
}

/** Where a configuration is read from. */
export interface LoadConfigOptions {
  /** A JSON file with "backends", "otherBackends" and "pipelines"; none where left out. */
  readonly file?: string;
  /**
   * SPILLWAY_BACKEND_ORDERS names the URL of "orders", SPILLWAY_BACKENDS that of all other names, SPILLWAY_PIPELINES lists names, with commas. They
   * win over the file. Default: the process's.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const prefix = "SPILLWAY_BACKEND_";
const members = ["backends", "otherBackends", "pipelines"];

/** Reads a configuration. Rejects with SPILLWAY_INVALID_OPTIONS for a file that is missing, no JSON, or has anything unknown in it. */
export async function loadConfig({ file, env = process.env }: LoadConfigOptions = {}): Promise<SpillwayConfig> {
  const fromFile = file === undefined ? {} : await readConfigFile(file);
  const backends = new Map(Object.entries(fromFile.backends ?? {}));
  for (const [variable, url = ""] of Object.entries(env)) {
    if (variable.startsWith(prefix) && url !== "") backends.set(backendNamed(variable.slice(prefix.length), [...backends.keys()]), url);
  }
  const otherBackends = setIn(env, "SPILLWAY_BACKENDS") ?? fromFile.otherBackends;
  const pipelines =
    setIn(env, "SPILLWAY_PIPELINES")
      ?.split(",")
      .map((name) => name.trim()) ?? fromFile.pipelines;
  return {
    backends: Object.fromEntries(backends),
    ...(otherBackends === undefined ? {} : { otherBackends }),
    ...(pipelines === undefined ? {} : { pipelines }),
  };
}

/** A variable that is empty is one that is not set. */
function setIn(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const value = env[name];
  return value === "" ? undefined : value;
}

/** The URL of a backend, undefined when the configuration has none for it. */
export function urlOf({ backends, otherBackends }: SpillwayConfig, name: string): string | undefined {
  return backends[name] ?? otherBackends?.replaceAll("{name}", encodeURIComponent(name));
}

/** The name that a variable means: one of the file's, spelled as there, or the variable's own in lower case with "-" for "_". */
function backendNamed(variable: string, known: readonly string[]): string {
  return known.find((name) => variableOf(name) === variable) ?? variable.toLowerCase().replaceAll("_", "-");
}

/** The environment variable, without its prefix, that names a backend. */
function variableOf(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase();
}

async function readConfigFile(file: string): Promise<Partial<SpillwayConfig>> {
  const config = await readJson(file);
  if (typeof config !== "object" || config === null || Array.isArray(config)) throw invalid(`${file} must hold a JSON object.`);
  for (const name of Object.keys(config)) {
    if (members.includes(name)) continue;
    const nearest = nearestName(name, members);
    throw invalid(
      `${file} has an unknown member "${name}".${nearest === undefined ? "" : ` Did you mean "${nearest}"?`} It may have: ${members.join(", ")}.`,
    );
  }
  const { backends, otherBackends, pipelines } = config as { readonly [Member in keyof SpillwayConfig]?: unknown };
  if (backends !== undefined && !isTextRecord(backends)) throw invalid(`"backends" in ${file} must give a URL, as text, for each name.`);
  if (otherBackends !== undefined && typeof otherBackends !== "string") throw invalid(`"otherBackends" in ${file} must be a URL, as text.`);
  if (pipelines !== undefined && !isTextArray(pipelines)) throw invalid(`"pipelines" in ${file} must be a list of names.`);
  return {
    ...(backends === undefined ? {} : { backends }),
    ...(otherBackends === undefined ? {} : { otherBackends }),
    ...(pipelines === undefined ? {} : { pipelines }),
  };
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw invalid(`The configuration ${file} cannot be read: ${String(error)}`, error);
  }
}

function isTextRecord(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === "object" && value !== null && Object.values(value).every((each) => typeof each === "string");
}

function isTextArray(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
