import { parseAddress, printableUrl } from "./address.ts";
import { createClientPool } from "./client-pool.ts";
import { invalid } from "./invalid.ts";
import { nearestName } from "./nearest-name.ts";
import type { Open, Opened, Scheme } from "./scheme.ts";

/** Backends that are opened by URL. */
export interface Backends {
  /** Opens a source, a sink or stores. Rejects with SPILLWAY_INVALID_OPTIONS for a URL that cannot work, and with the client's error where that cannot be made. */
  readonly open: Open;
  /** The URL as it may be printed: without passwords and secret options. */
  printable(url: string): string;
  /** Ends all clients, the last made first. Call it when everything that was opened has ended. */
  close(): Promise<void>;
}

/**
 * Backends over these schemes. URLs that can share a client do, and it is made when the first of them is opened.
 *
 * ```ts
 * const backends = createBackends([memory, kafka, sqs]);
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

  async function open<Kind extends keyof Opened>(kind: Kind, url: string): Promise<Opened[Kind]> {
    const address = parseAddress(url);
    const found = byName.get(address.scheme);
    if (found === undefined) throw unknownScheme(address.scheme, [...byName.values()]);
    return await found.open(kind, address, { clients, open });
  }

  return {
    open,
    printable(url) {
      const { options = {} } = byName.get(url.split(":", 1)[0]?.toLowerCase() ?? "") ?? {};
      const secrets = Object.entries(options).filter(([, option]) => option.secret);
      return printableUrl(url, new Set(secrets.map(([name]) => name)));
    },
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
