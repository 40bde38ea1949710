import { required, scheme, text, wholeNumber } from "@spillway/container";
import { localCheckpoints, localLeases, localSink, localSource, openLocal, openLog } from "@spillway/local";

/** The embedded store: a log in a directory. */
export const local = scheme({
  name: "local",
  form: "local:directory?log=name&consumer=name",
  options: { log: required(text()), consumer: text(), partitions: wholeNumber(1, 1_024) },
  clientKey: ({ path }) => path,
  connect: ({ path }) => openLocal({ directory: path }),
  disconnect: (store) => store.close(),
  async source({ client: store, options: { log, consumer = "consumer", partitions = 4 } }) {
    await openLog({ store, log, partitions });
    return localSource({ store, log, consumer });
  },
  async sink({ client: store, options: { log, partitions = 4 } }) {
    await openLog({ store, log, partitions });
    return localSink({ store, log });
  },
  stores: ({ client: store }) => ({ checkpoints: localCheckpoints({ store }), leases: localLeases({ store }) }),
});
