import type { Partition, PartitionId } from "@spillway/spec";
import type { CaseContext } from "../kit/case-context.ts";
import { equal, fail, meanwhile } from "../kit/check.ts";
import { bytes, text, upTo } from "../kit/facts.ts";
import type { LogSourceSubject, LogSourceSuite } from "./log-source-subject.ts";
import { fill, numbered, readAll } from "./partitions.ts";
import { reading } from "./reading.ts";

const earliest = { at: "earliest" } as const;

/** Partitions that end and are continued by others. */
export const lineageCases: LogSourceSuite["cases"] = [
  {
    name: "the children of a split name it as their parent",
    proves: "The engine can read parents before children, which keeps a key's order over a split.",
    guarantee: "G11",
    needs: ["split"],
    async run(subject, context) {
      const { partition } = await fill(subject, context);
      await context.within("splitting", subject.split(partition));
      const children = await childrenOf(subject, partition, 2, context);
      equal(
        "the children's parents",
        children.map(({ parents }) => parents),
        [[partition], [partition]],
      );
      await namesOnly(children, partition, subject, context);
    },
  },
  {
    name: "a partition that was split gives its messages and ends",
    proves: "The end of a partition is told, after its last message and not before: its children may start, and nothing is left behind.",
    guarantee: "G11",
    needs: ["split"],
    async run(subject, context) {
      const { source, partition, messages } = await fill(subject, context, numbered("message", 5));
      await context.within("splitting", subject.split(partition));
      const reader = reading(source, partition, earliest, context);
      equal(
        "the messages until the end",
        (await reader.rest()).map(({ id }) => id),
        messages.map(({ id }) => id),
      );
    },
  },
  {
    name: "a split ends a reading that waits",
    proves: "A consumer that has caught up is told of the end too; it does not wait for messages that go to the children now.",
    guarantee: "G11",
    needs: ["split"],
    async run(subject, context) {
      const { source, partition } = await fill(subject, context, numbered("message", 2));
      const reader = reading(source, partition, earliest, context);
      await reader.take(2);
      const ended = meanwhile(reader.rest());
      await context.within("splitting", subject.split(partition));
      equal("the messages after the split", await ended, []);
    },
  },
  {
    name: "after the last position of an ended partition there is only its end",
    proves: "A restart between the last message and the end of a partition finds the end again, and repeats nothing.",
    guarantee: "G11",
    needs: ["split"],
    async run(subject, context) {
      const { source, partition, messages } = await fill(subject, context, numbered("message", 3));
      const { position } = messages.at(-1) ?? fail("messages were appended", 3, 0);
      await context.within("splitting", subject.split(partition));
      equal("the messages", await reading(source, partition, { at: "after", position }, context).rest(), []);
    },
  },
  {
    name: "a split takes no message away and gives none twice",
    proves: "Parent and children together hold every message once: earlier ones the parent, later ones a child.",
    guarantee: "G11",
    needs: ["split", "keys"],
    async run(subject, context) {
      const keys = upTo(12).map((n) => `key ${n}`);
      const round = (name: string): Promise<void> => subject.append(keys.map((key) => ({ key, value: bytes(`${key} ${name}`) })));
      const { partition } = await fill(subject, context, numbered("marker", 1));
      await context.within("appending", round("before"));
      await context.within("splitting", subject.split(partition));
      const children = await childrenOf(subject, partition, 2, context);
      await context.within("appending", round("after"));
      const found = await readAll(subject.source("consumer"), 1 + keys.length * 2, context);
      const all = [...found.values()].flat().map(({ value }) => text(value));
      equal("every message once", all.toSorted(), ["marker 0", ...keys.flatMap((key) => [`${key} before`, `${key} after`])].toSorted());
      const inChildren = children.flatMap(({ id }) => found.get(id) ?? []).map(({ value }) => text(value) ?? "");
      equal(
        "earlier messages among the children's",
        inChildren.filter((value) => value.endsWith("before")),
        [],
      );
      const inParent = (found.get(partition) ?? []).map(({ value }) => text(value) ?? "");
      equal(
        "later messages among the parent's",
        inParent.filter((value) => value.endsWith("after")),
        [],
      );
    },
  },
  {
    name: "a child read from its earliest message gives all since its birth",
    proves: "What was appended between a split and its discovery is read, also where the consumer began at latest.",
    guarantee: "G11",
    needs: ["split"],
    async run(subject, context) {
      const { source, partition } = await fill(subject, context, numbered("before", 2));
      await context.within("splitting", subject.split(partition));
      await context.within("appending", subject.append(numbered("after", 3)));
      const children = await childrenOf(subject, partition, 2, context);
      const found = await readAll(source, 5, context);
      const given = children.flatMap(({ id }) => found.get(id) ?? []).map(({ value }) => text(value));
      equal("the children's payloads", given, ["after 0", "after 1", "after 2"]);
    },
  },
  {
    name: "the child of a merge names both its parents",
    proves: "The engine waits for both before it reads the child: a key of either keeps its order.",
    guarantee: "G11",
    needs: ["merge"],
    async run(subject, context) {
      await fill(subject, context);
      const parents = await context.within("merging", subject.merge());
      const children = await childrenOf(subject, parents[0], 1, context);
      equal("the child's parents", children[0]?.parents.toSorted(), [...parents].toSorted());
      await namesOnly(children, parents[0], subject, context);
    },
  },
  {
    name: "a merge ends both parents and takes no message away",
    proves: "Both parents end after their last message, and what follows is in the child, once.",
    guarantee: "G11",
    needs: ["merge", "keys"],
    async run(subject, context) {
      const keys = upTo(12).map((n) => `key ${n}`);
      const round = (name: string): Promise<void> => subject.append(keys.map((key) => ({ key, value: bytes(`${key} ${name}`) })));
      await context.within("appending", round("before"));
      const parents = await context.within("merging", subject.merge());
      await childrenOf(subject, parents[0], 1, context);
      await context.within("appending", round("after"));
      const source = subject.source("consumer");
      for (const parent of parents) {
        const values = (await reading(source, parent, earliest, context).rest()).map(({ value }) => text(value) ?? "");
        equal(
          "later messages among a parent's",
          values.filter((value) => value.endsWith("after")),
          [],
        );
      }
      const all = [...(await readAll(source, keys.length * 2, context)).values()].flat().map(({ value }) => text(value));
      equal("every message once", all.toSorted(), keys.flatMap((key) => [`${key} before`, `${key} after`]).toSorted());
    },
  },
];

/** A source may name the children when it ends a partition; then they are those of the listing, all of them, with all of their parents. */
async function namesOnly(
  listed: readonly Partition[],
  partition: PartitionId,
  subject: LogSourceSubject,
  context: CaseContext,
): Promise<void> {
  const reader = reading(subject.source("consumer"), partition, earliest, context);
  await reader.rest();
  const named = reader.batches.flatMap(({ children = [] }) => children);
  if (named.length > 0) equal("the children named with the end", named.map(sayPartition).toSorted(), listed.map(sayPartition).toSorted());
}

function sayPartition({ id, parents }: Partition): string {
  return `${id} of ${parents.toSorted().join(" and ")}`;
}

/** Resolves to the partitions that name this one as a parent, when the list shows as many as there must be. */
async function childrenOf(
  subject: LogSourceSubject,
  parent: PartitionId,
  count: number,
  context: CaseContext,
): Promise<readonly Partition[]> {
  let children: readonly Partition[] = [];
  await context.until(`${count} children of ${parent} in the list of partitions`, async () => {
    const partitions = await subject.source("consumer").partitions(context);
    children = partitions.filter(({ parents }) => parents.includes(parent));
    return children.length === count;
  });
  return children;
}
