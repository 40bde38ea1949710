import { parseAddress, printableUrl, type Address } from "./address.ts";
import { createClientPool } from "./client-pool.ts";
import { invalid } from "./invalid.ts";
import { nearestName } from "./nearest-name.ts";
import type { Open, Opened, OpenOptions, Scheme } from "./scheme.ts";

/** Backends that are opened by URL. */
export interface Backends {
  /** Opens a source, a sink or stores. */
  readonly open: Open;
  /** Throws SPILLWAY_INVALID_OPTIONS for a URL that cannot be opened, as far as it says so itself. Opens nothing. */
  check(kind: keyof Opened, url: string): void;
  /** The URL as it may be printed: without passwords and secret options, also of a URL that is an option of it. */
  printable(url: string): string;
  /** Ends all clients, the last made first. Call it when everything that was opened has ended. */
  close(): Promise<void>;
}

/**
 * Backends over these schemes. URLs that can share a client do, and it is made when the first of them is opened.
 *
 * ```ts
 * const backends = createBackends([memoryScheme(), kafkaScheme()]);
 * const orders = await backends.open("source", "kafka://localhost:9092/orders?group=charges");
 * ```
 */
export function createBackends(schemes: readonly Scheme[]): Backends {
  const byName = new Map<string, Scheme>();
  for (const each of schemes) {
    if (byName.has(each.name)) throw invalid(`Two schemes are named "${each.name}": leave one out.`);
    byName.set(each.name, each);
  }
  const clients = createClientPool();

  function schemeOf({ scheme }: Address): Scheme {
    const found = byName.get(scheme);
    if (found === undefined) throw unknownScheme(scheme, [...byName.values()]);
    return found;
  }

  async function open<Kind extends keyof Opened>(kind: Kind, url: string, options: OpenOptions = {}): Promise<Opened[Kind]> {
    const { consumer, signal = new AbortController().signal } = options;
    const address = parseAddress(url);
    const openOther: Open = (other, otherUrl, given = {}) => open(other, otherUrl, { ...options, ...given });
    return await schemeOf(address).open(kind, address, { clients, consumer, signal, open: openOther });
  }

  return {
    open,
    check(kind, url) {
      const address = parseAddress(url);
      schemeOf(address).check(kind, address);
    },
    printable: (url) => printableUrl(url, (scheme, option) => byName.get(scheme)?.options[option]?.secret ?? false),
    close: () => clients.close(),
  };
}

function unknownScheme(name: string, known: readonly Scheme[]): Error {
  const nearest = nearestName(
    name,
    known.map((each) => each.name),
  );
  const meant = nearest === undefined ? "" : ` Did you mean "${nearest}:"?`;
  return invalid(`No backend is registered for "${name}:".${meant} Registered: ${known.map(({ form }) => form).join(", ") || "none"}.`);
}
