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

/** Opens one kind of thing by URL; a backend's source may so open the stores of its leases. Rejects with SPILLWAY_INVALID_OPTIONS. */
export type Open = <Kind extends keyof Opened>(kind: Kind, url: string) => Promise<Opened[Kind]>;

/** What a backend opens a URL from. */
export interface Opening<Client, Known extends Options> {
  readonly address: Address;
  /** Read and checked. */
  readonly options: OptionValues<Known>;
  /** Shared by all URLs that `clientKey` calls alike. */
  readonly client: Client;
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
  /** Equal for URLs that can share a client: whatever of the address the client is made with. Never printed. */
  clientKey(address: Address): string;
  /** Makes the client of all URLs of one key; called once for each key. */
  connect(address: Address): Client | Promise<Client>;
  /** Ends the client; called once, after everything that uses it. */
  disconnect(client: Client): void | Promise<void>;
}

/** One kind of backend, ready to be registered; made by `scheme`. */
export interface Scheme {
  readonly name: string;
  readonly form: string;
  readonly options: Options;
  /** Opens an address; its client comes from the pool. */
  open<Kind extends keyof Opened>(
    kind: Kind,
    address: Address,
    context: { readonly clients: ClientPool; readonly open: Open },
  ): Promise<Opened[Kind]>;
}

/** Makes a scheme of its definition, whose types of client and options nobody else needs to know. */
export function scheme<Client, const Known extends Options>(definition: SchemeDefinition<Client, Known>): Scheme {
  const { name, form, options: known } = definition;
  return {
    name,
    form,
    options: known,
    async open<Kind extends keyof Opened>(
      kind: Kind,
      address: Address,
      context: { readonly clients: ClientPool; readonly open: Open },
    ): Promise<Opened[Kind]> {
      const all: Opens<Client, Known> = definition;
      const opens = all[kind];
      if (opens === undefined) throw invalid(`"${name}:" has no ${kind}: choose another backend for it.`);
      const options = readOptions(known, address, form);
      const client = await context.clients.get(
        `${name} ${definition.clientKey(address)}`,
        () => definition.connect(address),
        (made) => definition.disconnect(made),
      );
      return await opens({ address, options, client, open: context.open });
    },
  };
}
