import { invalid } from "./invalid.ts";

/** A backend's URL, taken apart: "scheme://user:password@host,host/path?option=value" or "scheme:path?option=value". */
export interface Address {
  readonly scheme: string;
  /** What is between "//" and the path: hosts, a region; empty when there is no "//". */
  readonly authority: string;
  /** Decoded. */
  readonly user: string | undefined;
  /** Decoded; never printed. */
  readonly password: string | undefined;
  /** Without the slash that follows the authority; decoded. */
  readonly path: string;
  /** By name, decoded. */
  readonly options: ReadonlyMap<string, string>;
}

const form = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?]*)(?:\/|(?=\?)|$))?([^?]*)(?:\?(.*))?$/i;

/** Takes a backend's URL apart. Throws SPILLWAY_INVALID_OPTIONS, without the text itself: it may hold a secret. */
export function parseAddress(url: string): Address {
  const match = form.exec(url);
  if (match === null)
    throw invalid('A backend\'s URL must look like "scheme://host/path?option=value" or "scheme:path"; this one has no scheme.');
  const [, scheme = "", place = "", path = "", query = ""] = match;
  const at = place.lastIndexOf("@");
  const [user, password] = at < 0 ? [] : splitOnce(place.slice(0, at), ":");
  return {
    scheme: scheme.toLowerCase(),
    authority: decode(place.slice(at + 1)),
    user: user === undefined ? undefined : decode(user),
    password: password === undefined ? undefined : decode(password),
    path: decode(path),
    options: readOptions(query),
  };
}

/**
 * The URL as it may be printed: without its password and without the values of secret options; so is every option that is a URL itself. An
 * option that is not URL-encoded is not printed: it may be anything.
 */
export function printableUrl(url: string, isSecret: (scheme: string, option: string) => boolean): string {
  // Up to the last "@" before the path: a password that is not encoded may hold one.
  const [place, query] = splitOnce(url.replace(/^([^:/?]+:\/\/[^:@/?]*):[^/?]*@/, "$1:***@"), "?");
  if (query === undefined) return place;
  const scheme = splitOnce(place, ":")[0].toLowerCase();
  const shown = query.split("&").map((pair) => {
    const [name, value = ""] = splitOnce(pair, "=");
    const [option, text] = [decoded(name), decoded(value)];
    if (option === undefined || text === undefined || isSecret(scheme, option)) return `${name}=***`;
    const printable = form.test(text) ? printableUrl(text, isSecret) : text;
    return printable === text ? pair : `${name}=${printable}`;
  });
  return `${place}?${shown.join("&")}`;
}

function readOptions(query: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const pair of query.split("&").filter((each) => each !== "")) {
    const [name, value] = splitOnce(pair, "=");
    const option = decode(name);
    if (value === undefined) throw invalid(`The option "${option}" of a backend's URL has no value: write "${option}=...".`);
    if (options.has(option)) throw invalid(`The option "${option}" of a backend's URL is there twice: leave one out.`);
    options.set(option, decode(value));
  }
  return options;
}

function splitOnce(value: string, separator: string): readonly [string, string | undefined] {
  const index = value.indexOf(separator);
  return index < 0 ? [value, undefined] : [value.slice(0, index), value.slice(index + separator.length)];
}

function decode(value: string): string {
  const text = decoded(value);
  if (text === undefined) throw invalid('A backend\'s URL is not URL-encoded: write "%25" for "%".');
  return text;
}

/** Undefined for what is not URL-encoded. */
function decoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
