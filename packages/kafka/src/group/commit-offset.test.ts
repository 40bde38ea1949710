import type { FencingToken, PartitionId } from "@spillway/spec";
import { expect, test } from "vitest";
import { answered } from "../client/kafka-error.ts";
import type { GroupStamp } from "../client/kafka-port.ts";
import { fakePort } from "../testing/fake-port.ts";
import { commitOffset } from "./commit-offset.ts";
import { coordinatorOf } from "./coordinator.ts";
import { leaseLost, type HeldLease } from "./held-lease.ts";

const calls = { signal: new AbortController().signal };
const nothing = { topicId: undefined, held: true, fresh: false, done: [], attempting: undefined };

function held(): HeldLease {
  return {
    id: "orders-0" as PartitionId,
    topic: "orders",
    partition: 0,
    token: 1 as FencingToken,
    takeover: "clean",
    status: "held",
    committed: { offset: 0, metadata: nothing },
    gone: undefined,
    transactions: undefined,
    drain: new AbortController(),
    lost: new AbortController(),
    deadline: undefined,
  };
}

/** A group in generation 1 that answers commits like this and, when a commit waits for the next generation, does that. */
function group(answers: readonly (() => string | undefined)[], next: () => GroupStamp | undefined) {
  let stamp: GroupStamp | undefined = { generation: 1, memberId: "m" };
  const generations: number[] = [];
  const left = [...answers];
  const port = fakePort({
    coordinator: () => Promise.resolve(1),
    commit(_broker, _groupId, { generation }) {
      generations.push(generation);
      const type = left.shift()?.();
      return type === undefined ? Promise.resolve() : Promise.reject(answered(type, "a commit", true));
    },
  });
  const move = (): void => {
    stamp = next();
  };
  const context = {
    port,
    coordinator: coordinatorOf(port, { groupId: "g" }),
    groupId: "g",
    stamp: () => stamp,
    changed: (outdated: GroupStamp | undefined) => {
      if (stamp === outdated) move();
      return Promise.resolve();
    },
    outdated: (error: unknown) => error instanceof Error && "type" in error && error.type === "ILLEGAL_GENERATION",
  };
  return { generations, move, commit: (lease: HeldLease) => commitOffset(context, lease, { offset: 3, metadata: nothing }, calls) };
}

test("T3: a commit that is repeated keeps the generation that it was made in, so that it cannot replace what the next owner has committed", async () => {
  const lease = held();
  const { generations, commit, move } = group(
    [
      () => {
        // While the coordinator is loading, the group goes on to another generation.
        move();
        return "GROUP_LOAD_IN_PROGRESS";
      },
      () => {
        lease.status = "gone";
        lease.lost.abort(leaseLost(lease.id, "it has moved"));
        return "ILLEGAL_GENERATION";
      },
    ],
    () => ({ generation: 2, memberId: "m" }),
  );
  await expect(commit(lease)).rejects.toMatchObject({ code: "SPILLWAY_LEASE_LOST" });
  expect(generations).toEqual([1, 1]);
  expect(lease.committed.offset).toBe(0);
});

test("T3: in a new generation a lease that is still held is committed under that", async () => {
  const lease = held();
  const { generations, commit } = group([() => "ILLEGAL_GENERATION"], () => ({ generation: 2, memberId: "m" }));
  await commit(lease);
  expect(generations).toEqual([1, 2]);
  expect(lease.committed.offset).toBe(3);
});

test("T2: for a partition that has been given up no commit leaves the process", async () => {
  const lease = held();
  lease.status = "gone";
  const { generations, commit } = group([], () => undefined);
  await expect(commit(lease)).rejects.toMatchObject({ code: "SPILLWAY_LEASE_LOST" });
  expect(generations).toEqual([]);
});
