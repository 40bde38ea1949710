import { expect, test } from "vitest";
import { answered } from "../client/kafka-error.ts";
import { fakePort } from "../testing/fake-port.ts";
import { coordinatorOf, type Coordinator } from "./coordinator.ts";

const calls = { signal: new AbortController().signal };

/** A coordinator that is at broker 1, and then at 2, 3 …, each time that it is asked for. */
function moving(): { readonly coordinator: Coordinator; questions(): number } {
  let asked = 0;
  const port = fakePort({
    coordinator() {
      asked += 1;
      return Promise.resolve(asked);
    },
  });
  return { coordinator: coordinatorOf(port, { groupId: "g" }), questions: () => asked };
}

/** A call that is answered with these errors, one after the other, and then succeeds; and the brokers that it was made at. */
function failing(...types: readonly string[]): { readonly brokers: number[]; make(broker: number): Promise<string> } {
  const left = [...types];
  const brokers: number[] = [];
  return {
    brokers,
    make(broker) {
      brokers.push(broker);
      const type = left.shift();
      return type === undefined ? Promise.resolve("done") : Promise.reject(answered(type, "a test", true));
    },
  };
}

test("T17: a coordinator that has moved is looked for, and the next call goes to the new one at once", async () => {
  const { coordinator, questions } = moving();
  const call = failing("NOT_COORDINATOR_FOR_GROUP");
  expect(await coordinator.call(call.make, calls)).toBe("done");
  expect(await coordinator.call(call.make, calls)).toBe("done");
  expect(call.brokers).toEqual([1, 2, 2]);
  expect(questions()).toBe(2);
});

test("T17: a coordinator that is still loading is asked again, as it will answer by itself", async () => {
  const { coordinator, questions } = moving();
  const call = failing("GROUP_LOAD_IN_PROGRESS", "GROUP_LOAD_IN_PROGRESS");
  expect(await coordinator.call(call.make, calls)).toBe("done");
  expect(call.brokers).toEqual([1, 1, 1]);
  expect(questions()).toBe(1);
});

test("an answer that only the caller knows what to do with is made known at once", async () => {
  const { coordinator } = moving();
  const call = failing("ILLEGAL_GENERATION");
  await expect(coordinator.call(call.make, calls)).rejects.toMatchObject({ type: "ILLEGAL_GENERATION" });
  expect(call.brokers).toEqual([1]);
});
