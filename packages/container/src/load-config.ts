import { readFile } from "node:fs/promises";
import { invalid } from "./invalid.ts";
import { nearestName } from "./nearest-name.ts";

/** Which backend is behind each name, and which pipelines this process runs. */
export interface SpillwayConfig {
  /** A URL for each name that a pipeline uses. */
  readonly backends: Readonly<Record<string, string>>;
  /** The pipelines to run, by name; all where left out. */
  readonly pipelines?: readonly string[];
}

/** Where a configuration is read from. */
export interface LoadConfigOptions {
  /** A JSON file with "backends" and "pipelines"; none where left out. */
  readonly file?: string;
  /** SPILLWAY_BACKEND_ORDERS names the URL of "orders" and wins over the file; SPILLWAY_PIPELINES lists names, with commas. Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const prefix = "SPILLWAY_BACKEND_";
const members = ["backends", "pipelines"];

/** Reads a configuration. Rejects with SPILLWAY_INVALID_OPTIONS for a file that is missing, no JSON, or has anything unknown in it. */
export async function loadConfig({ file, env = process.env }: LoadConfigOptions = {}): Promise<SpillwayConfig> {
  const { backends: fromFile = {}, pipelines: named } = file === undefined ? {} : await readConfigFile(file);
  const fromEnv = Object.entries(env).filter(([name, url]) => name.startsWith(prefix) && url !== undefined && url !== "");
  const backends = new Map(Object.entries(fromFile));
  for (const [variable, url = ""] of fromEnv) backends.set(backendNamed(variable.slice(prefix.length), [...backends.keys()]), url);
  const listed = env["SPILLWAY_PIPELINES"];
  const pipelines = listed === undefined || listed === "" ? named : listed.split(",").map((name) => name.trim());
  return { backends: Object.fromEntries(backends), ...(pipelines === undefined ? {} : { pipelines }) };
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
  const { backends, pipelines } = config as { readonly backends?: unknown; readonly pipelines?: unknown };
  if (backends !== undefined && !isTextRecord(backends)) throw invalid(`"backends" in ${file} must give a URL, as text, for each name.`);
  if (pipelines !== undefined && !isTextArray(pipelines)) throw invalid(`"pipelines" in ${file} must be a list of names.`);
  return { ...(backends === undefined ? {} : { backends }), ...(pipelines === undefined ? {} : { pipelines }) };
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
