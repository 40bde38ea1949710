import type { QueueSourceSubject } from "@spillway/conformance";
import { SpillwayError, type ItemResult, type Payload, type QueueMessage, type Receipt } from "@spillway/spec";
import { late } from "./late.ts";
import type { Mutant } from "./mutant.ts";
import { queueSourceContentMutants } from "./queue-source-content-mutants.ts";
import { messages, settling, sources } from "./queue-source-mutations.ts";

type QueueMutant = Mutant<QueueSourceSubject>;
type Message = QueueMessage<Payload>;

const never = new AbortController().signal;
const ok: ItemResult = { ok: true };

const delivery: readonly QueueMutant[] = [
  {
    name: "gives more than it was asked for",
    rejectedBy: ["receive gives at most as many messages as asked for"],
    mutate: (subject) =>
      sources(subject, (source) => ({
        ...source,
        receive: (options) => source.receive({ ...options, maxMessages: options.maxMessages + 1 }),
      })),
  },
  {
    name: "loses what an ack was answered for",
    rejectedBy: ["every message is received, each once", "acking some of what was received leaves the rest to come again"],
    mutate(subject) {
      const received: Receipt[] = [];
      return sources(
        messages(subject, (message) => (received.push(message.receipt), message)),
        (source) => ({
          ...source,
          // Everything received so far goes with one receipt, and so does the next message.
          async ack(receipts, options) {
            await source.ack(received, options);
            const next = await source.receive({ maxMessages: 1, ...options });
            await source.ack(
              next.map(({ receipt }) => receipt),
              options,
            );
            return receipts.map(() => ok);
          },
        }),
      );
    },
  },
  {
    name: "delivers a message again although it was acked",
    rejectedBy: ["every message is received, each once", "an acked message never comes again"],
    mutate: (subject) =>
      sources(subject, (source) => ({ ...source, ack: (receipts, options) => source.nack(receipts, { ...options, delayMs: 0 }) })),
  },
  {
    name: "does not wake up for a new message",
    rejectedBy: ["a receive that waits is given a message that is sent meanwhile"],
    mutate: (subject) =>
      sources(subject, (source) => ({
        ...source,
        receive: async (options) => {
          const messages = await source
            .receive({ ...options, signal: AbortSignal.any([options.signal, AbortSignal.timeout(1)]) })
            .catch(() => []);
          return messages.length > 0 ? messages : await new Promise<never>(() => undefined);
        },
      })),
  },
  {
    name: "counts deliveries from zero",
    rejectedBy: ["a first delivery counts one", "each delivery has the same id, another receipt and a higher count"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, receiveCount: message.receiveCount - 1 })),
  },
  {
    name: "does not hide what it lent",
    rejectedBy: [
      "a received message is hidden from other receivers",
      "a message is not delivered again before its visibility ends",
      "nothing more of a group is given while an earlier message of it is out",
    ],
    mutate: (subject) =>
      sources(subject, (source) => ({
        ...source,
        async receive(options) {
          const messages = await source.receive(options);
          await source.nack(
            messages.map(({ receipt }) => receipt),
            { delayMs: 0, signal: options.signal },
          );
          return messages;
        },
      })),
  },
  {
    name: "gives every receiver the same",
    rejectedBy: ["receivers that compete are given each message once between them"],
    mutate(subject) {
      const answers: Promise<readonly Message[]>[] = [];
      return {
        ...subject,
        source() {
          const source = subject.source();
          let calls = 0;
          return { ...source, receive: (options) => (answers[calls++] ??= source.receive(options)) };
        },
      };
    },
  },
  {
    name: "loses what is given back",
    rejectedBy: [
      "a message given back is delivered again",
      "nack answers for more receipts than any provider's batch takes, one result each",
    ],
    mutate: (subject) => sources(subject, (source) => ({ ...source, nack: (receipts, options) => source.ack(receipts, options) })),
  },
  {
    name: "makes an id for each delivery",
    rejectedBy: [
      "each delivery has the same id, another receipt and a higher count",
      "a message that is neither acked nor extended is delivered again when its visibility ends",
    ],
    mutate: (subject) => messages(subject, (message) => ({ ...message, id: message.receipt })),
  },
  {
    name: "has a visibility timeout of infinity",
    rejectedBy: ["a queue says how long messages are lent and how it is read"],
    mutate: (subject) => sources(subject, (source) => ({ ...source, visibilityTimeoutMs: Infinity })),
  },
  {
    name: "acks only what has not crashed",
    rejectedBy: ["what a dead process had not acked is delivered again, and what it had acked is not"],
    mutate(subject) {
      let crashed = false;
      const acked: Receipt[] = [];
      const lazy = sources(subject, (source) => ({
        ...source,
        ack: async (receipts, options) => (crashed ? source.ack(receipts, options) : (acked.push(...receipts), receipts.map(() => ok))),
      }));
      return { ...lazy, reopen: async () => ((crashed = true), subject.reopen()) };
    },
  },
];

const visibility: readonly QueueMutant[] = [
  {
    name: "keeps what it lent for ever",
    rejectedBy: [
      "a message that is neither acked nor extended is delivered again when its visibility ends",
      "a message whose visibility ended comes before the later ones of its group",
    ],
    mutate: (subject) => extending(subject, 10),
  },
  {
    name: "lends for half of what it says",
    rejectedBy: ["a message is not delivered again before its visibility ends"],
    mutate: (subject) => sources(subject, (source) => ({ ...source, visibilityTimeoutMs: source.visibilityTimeoutMs * 2 })),
  },
  {
    name: "answers extend and does nothing",
    rejectedBy: ["extend keeps a message beyond its first visibility"],
    mutate: (subject) => sources(subject, (source) => ({ ...source, extend: async (receipts) => receipts.map(() => ok) })),
  },
  {
    name: "adds extensions up",
    rejectedBy: ["extend keeps a message for one visibility timeout from now, not longer"],
    mutate(subject) {
      const extensions = new Map<Receipt, number>();
      return sources(subject, (source) => ({
        ...source,
        async extend(receipts, options) {
          for (const receipt of receipts) extensions.set(receipt, (extensions.get(receipt) ?? 0) + 1);
          const longest = Math.max(...receipts.map((receipt) => extensions.get(receipt) ?? 0));
          return longest > 1
            ? source.nack(receipts, { ...options, delayMs: source.visibilityTimeoutMs * longest })
            : source.extend(receipts, options);
        },
      }));
    },
  },
  {
    name: "gives back without a delay",
    rejectedBy: [
      "a message given back with a delay stays hidden for the delay, and then comes",
      "a message given back with a delay holds its group until it comes",
    ],
    mutate: (subject) =>
      sources(subject, (source) => ({ ...source, nack: (receipts, options) => source.nack(receipts, { ...options, delayMs: 0 }) })),
  },
  {
    name: "cuts a delay to the visibility timeout",
    rejectedBy: ["a message given back with a delay stays hidden for the delay, and then comes"],
    mutate: (subject) =>
      sources(subject, (source) => ({
        ...source,
        nack: (receipts, options) => source.nack(receipts, { ...options, delayMs: Math.min(options.delayMs, source.visibilityTimeoutMs) }),
      })),
  },
];

const settlement: readonly QueueMutant[] = [
  {
    name: "settles ten receipts and answers for all",
    rejectedBy: ["nack answers for more receipts than any provider's batch takes, one result each"],
    mutate: (subject) =>
      settling(subject, async (settle, receipts) => [...(await settle(receipts.slice(0, 10))), ...receipts.slice(10).map(() => ok)]),
  },
  {
    name: "answers for the first batch only",
    rejectedBy: [
      "ack answers for more receipts than any provider's batch takes, one result each",
      "nack answers for more receipts than any provider's batch takes, one result each",
      "extend answers for more receipts than any provider's batch takes, one result each",
    ],
    mutate: (subject) => settling(subject, async (settle, receipts) => (await settle(receipts)).slice(0, 10)),
  },
  {
    name: "takes the receipt of any delivery",
    rejectedBy: [
      "ack with the receipt of an earlier delivery is refused and leaves the later one alone",
      "nack with the receipt of an earlier delivery is refused and leaves the later one alone",
      "extend with the receipt of an earlier delivery is refused and leaves the later one alone",
    ],
    mutate(subject) {
      const newest = new Map<string, Receipt>();
      const recording = messages(subject, (message) => (newest.set(idOf(message.receipt), message.receipt), message));
      return settling(recording, (settle, receipts) => settle(receipts.map((receipt) => newest.get(idOf(receipt)) ?? receipt)));
    },
  },
  {
    name: "answers ok whatever happened",
    rejectedBy: [
      "ack with the receipt of an earlier delivery is refused and leaves the later one alone",
      "one worthless receipt among good ones costs these nothing",
    ],
    mutate: (subject) => settling(subject, async (settle, receipts) => (await settle(receipts)).map(() => ok)),
  },
  {
    name: "fails a whole batch for one receipt",
    rejectedBy: ["one worthless receipt among good ones costs these nothing", "acking twice answers twice and does no harm"],
    mutate: (subject) =>
      settling(subject, async (settle, receipts) => {
        const results = await settle(receipts);
        return results.find((result) => !result.ok) === undefined ? results : receipts.map(() => ({ ok: false, error: lost() }));
      }),
  },
  {
    name: "brings back what was acked",
    rejectedBy: ["giving back what was acked does not bring it back"],
    mutate(subject) {
      const kept = new Map<Receipt, Message>();
      const recording = messages(subject, (message) => (kept.set(message.receipt, message), message));
      return sources(recording, (source) => ({
        ...source,
        async nack(receipts, options) {
          const results = await source.nack(receipts, options);
          for (const [n, receipt] of receipts.entries()) {
            const message = kept.get(receipt);
            if (results[n]?.ok === false && message !== undefined) await subject.send([{ key: message.key, value: message.value }]);
          }
          return results;
        },
      }));
    },
  },
];

const groups: readonly QueueMutant[] = [
  {
    name: "gives the newest first",
    rejectedBy: ["a group's messages come in the order sent", "one receive gives a group's messages in order"],
    mutate: (subject) => ({ ...subject, send: (batch) => subject.send(batch.toReversed()) }),
  },
  {
    name: "sends what is given back to the end of its group",
    rejectedBy: ["a message given back comes before the later ones of its group"],
    mutate(subject) {
      const lent = new Map<Receipt, Message>();
      const recording = messages(subject, (message) => (lent.set(message.receipt, message), message));
      return sources(recording, (source) => ({
        ...source,
        async nack(receipts, options) {
          const results = await source.ack(receipts, options);
          await subject.send(receipts.flatMap((receipt) => lent.get(receipt) ?? []).map(({ key, value }) => ({ key, value })));
          return results;
        },
      }));
    },
  },
  {
    name: "holds everything for one group",
    rejectedBy: ["a failing group holds only itself"],
    mutate: (subject) => ({ ...subject, send: (batch) => subject.send(batch.map((message) => ({ ...message, key: "one group" }))) }),
  },
  {
    name: "keeps no groups",
    rejectedBy: [
      "nothing more of a group is given while an earlier message of it is out",
      "a message given back with a delay holds its group until it comes",
    ],
    mutate(subject) {
      let sent = 0;
      return { ...subject, send: (batch) => subject.send(batch.map((message) => ({ ...message, key: `${(sent += 1)}` }))) };
    },
  },
];

const ending: readonly QueueMutant[] = [
  {
    name: "does not hear the abort of a receive",
    rejectedBy: ["an abort ends a receive that waits", "a receive whose signal is aborted already takes no message"],
    mutate: (subject) => sources(subject, (source) => ({ ...source, receive: (options) => source.receive({ ...options, signal: never }) })),
  },
  {
    name: "answers late, and does not hear an abort meanwhile",
    rejectedBy: ["an abort ends an ack, a nack and an extend that are under way"],
    mutate: (subject) => sources(subject, (source) => ({ ...source, ack: (receipts, options) => late(source.ack(receipts, options)) })),
  },
  {
    name: "advises late, and does not hear an abort meanwhile",
    rejectedBy: ["an abort ends an advise that is under way"],
    mutate: (subject) => sources(subject, (source) => ({ ...source, advise: (use, options) => late(source.advise(use, options)) })),
  },
  {
    name: "takes a message to give advice",
    rejectedBy: ["advice neither takes a message nor changes anything"],
    mutate: (subject) =>
      sources(subject, (source) => ({
        ...source,
        async advise(use, options) {
          const messages = await source.receive({ maxMessages: 1, ...options });
          await source.nack(
            messages.map(({ receipt }) => receipt),
            { ...options, delayMs: 0 },
          );
          return await source.advise(use, options);
        },
      })),
  },
  {
    name: "advises in one long text",
    rejectedBy: ["advice neither takes a message nor changes anything"],
    mutate: (subject) => sources(subject, (source) => ({ ...source, advise: async () => [""] })),
  },
  {
    name: "leaves a listener for each call",
    rejectedBy: ["an aborted receive leaves no listener on its signal", "calls that have answered leave no listener on their signal"],
    mutate: (subject) =>
      sources(subject, (source) => ({
        ...source,
        receive(options) {
          options.signal.addEventListener("abort", () => undefined);
          return source.receive(options);
        },
      })),
  },
];

/** Broken queue sources, and which cases reject them. */
export const queueSourceMutants: readonly QueueMutant[] = [
  ...queueSourceContentMutants,
  ...delivery,
  ...visibility,
  ...settlement,
  ...groups,
  ...ending,
];

/** Hides what was received for this many visibility timeouts; its receipts are then worthless, which no case that names this looks at. */
function extending(subject: QueueSourceSubject, times: number): QueueSourceSubject {
  return sources(subject, (source) => ({
    ...source,
    async receive(options) {
      const messages = await source.receive(options);
      await source.nack(
        messages.map(({ receipt }) => receipt),
        { delayMs: source.visibilityTimeoutMs * times, signal: options.signal },
      );
      return messages;
    },
  }));
}

/** Memory's receipts are the message's id and its receive count. */
function idOf(receipt: Receipt): string {
  return receipt.slice(0, receipt.lastIndexOf("/"));
}

function lost(): SpillwayError {
  return new SpillwayError("Lost, says the mutant.", { code: "SPILLWAY_RECEIPT_LOST" });
}
