/** Makes each client once and ends all of them together. */
export interface ClientPool {
  /** Resolves to the client of this key, the same for every call; made by the first. A failed connect is tried again by the next call. */
  get<Client>(key: string, connect: () => Client | Promise<Client>, disconnect: (client: Client) => void | Promise<void>): Promise<Client>;
  /** Ends all clients, the last made first, also when some fail to. Rejects then with an AggregateError. */
  close(): Promise<void>;
}

interface Entry {
  readonly client: Promise<unknown>;
  disconnect(): Promise<void>;
}

/** Makes an empty pool; it grows by one entry for each key that the configuration names. */
export function createClientPool(): ClientPool {
  const entries = new Map<string, Entry>();
  return {
    get<Client>(
      key: string,
      connect: () => Client | Promise<Client>,
      disconnect: (client: Client) => void | Promise<void>,
    ): Promise<Client> {
      const made = entries.get(key);
      // A key belongs to one scheme, whose clients are all of one type.
      if (made !== undefined) return made.client as Promise<Client>;
      const client = Promise.resolve().then(connect);
      entries.set(key, { client, disconnect: async () => await disconnect(await client) });
      client.catch(() => entries.delete(key));
      return client;
    },
    async close() {
      const failures: unknown[] = [];
      const all = [...entries.values()].reverse();
      entries.clear();
      for (const entry of all) {
        try {
          await entry.disconnect();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of ${all.length} clients did not end well`);
    },
  };
}
