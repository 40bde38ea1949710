import type { CheckpointStore, LeaseStore, Payload, Sink, Source } from "@spillway/spec";
import type { Address } from "./address.ts";
import type { ClientPool } from "./client-pool.ts";
import { invalid } from "./invalid.ts";
import type { Options, OptionValues } from "./option.ts";
import { readOptions } from "./read-options.ts";

/** A backend's checkpoints and leases. */
export interface Stores {
  readonly checkpoints: CheckpointStore;
  readonly leases: LeaseStore;
}

/** What can be opened by URL. */
export interface Opened {
  readonly source: Source<Payload>;
  readonly sink: Sink<Payload>;
  readonly stores: Stores;
}

/** For whom something is opened, and for how long that may take. */
export interface OpenOptions {
  /** Who reads: the consumer of a log whose URL names none. `start` gives the pipeline's name. */
  readonly consumer?: string;
  /** Ends what is still under way, such as looking a queue up; the opening then rejects with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Opens one kind of thing by URL; a backend's source may so open the stores of its leases. Rejects with SPILLWAY_INVALID_OPTIONS for a URL that cannot
 * work, and with the client's error where that cannot be made or asked.
 */
export type Open = <Kind extends keyof Opened>(kind: Kind, url: string, options?: OpenOptions) => Promise<Opened[Kind]>;

/** What a backend opens a URL from. */
export interface Opening<Client, Known extends Options> {
  readonly address: Address;
  /** Read and checked. */
  readonly options: OptionValues<Known>;
  /** Shared by all URLs that `clientKey` calls alike. */
  readonly client: Client;
  /** Who reads where the URL does not say it; undefined when nobody was named. */
  readonly consumer: string | undefined;
  /** Aborts when nobody waits for the opening any more. */
  readonly signal: AbortSignal;
  /** Opens what this backend needs of another one, for the same consumer and under the same signal. */
  readonly open: Open;
}

/** Makes each kind of thing, at once or later; undefined for what the backend has not. */
export type Opens<Client, Known extends Options> = {
  readonly [Kind in keyof Opened]: ((opening: Opening<Client, Known>) => Opened[Kind] | Promise<Opened[Kind]>) | undefined;
};

/** How one kind of backend is opened by URLs that begin with its name. */
export interface SchemeDefinition<Client, Known extends Options> extends Opens<Client, Known> {
  /** "kafka" for "kafka://..."; lower case. */
  readonly name: string;
  /** How its URLs look, for errors: "kafka://broker[,broker]/topic?group=name". */
  readonly form: string;
  readonly options: Known;
  /** Equal for URLs that can share a client: whatever of the address the client is made with. Never printed. Throws for an address that none can be made of. */
  clientKey(address: Address): string;
  /** Makes the client of all URLs of one key; called once for each key. */
  connect(address: Address): Client | Promise<Client>;
  /** Ends the client; called once, after everything that uses it. */
  disconnect(client: Client): void | Promise<void>;
}

/** What a scheme opens an address with. */
export interface SchemeContext {
  readonly clients: ClientPool;
  readonly consumer: string | undefined;
  readonly signal: AbortSignal;
  readonly open: Open;
}

/** One kind of backend, ready to be registered; made by `scheme`. */
export interface Scheme {
  readonly name: string;
  readonly form: string;
  readonly options: Options;
  /** Opens an address; its client comes from the pool. */
  /** Throws SPILLWAY_INVALID_OPTIONS for what cannot be opened, as far as the address itself says so. */
  check(kind: keyof Opened, address: Address): void;
  open<Kind extends keyof Opened>(kind: Kind, address: Address, context: SchemeContext): Promise<Opened[Kind]>;
}

/** Makes a scheme of its definition, whose types of client and options nobody else needs to know. */
export function scheme<Client, const Known extends Options>(definition: SchemeDefinition<Client, Known>): Scheme {
  const { name, form, options: known } = definition;
  const all: Opens<Client, Known> = definition;

  function prepared<Kind extends keyof Opened>(kind: Kind, address: Address) {
    const opens = all[kind];
    if (opens === undefined) throw invalid(`"${name}:" has no ${kind}: choose another backend for it.`);
    return { opens, options: readOptions(known, address, form), key: `${name} ${definition.clientKey(address)}` };
  }

  return {
    name,
    form,
    options: known,
    check: (kind, address) => void prepared(kind, address),
    async open<Kind extends keyof Opened>(kind: Kind, address: Address, context: SchemeContext): Promise<Opened[Kind]> {
      const { opens, options, key } = prepared(kind, address);
      const { clients, consumer, signal, open } = context;
      const client = await clients.get(
        key,
        () => definition.connect(address),
        (made) => definition.disconnect(made),
      );
      return await opens({ address, options, client, consumer, signal, open });
    },
  };
}
