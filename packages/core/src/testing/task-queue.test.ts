import * as fc from "fast-check";
import { expect, it } from "vitest";
import { taskQueue, type Task } from "./task-queue.ts";

it("gives tasks by due time and then by order, whatever was added and deleted in between", () => {
  const steps = fc.array(fc.record({ do: fc.constantFrom("add", "add", "add", "delete", "take"), value: fc.nat(50) }), { maxLength: 400 });
  fc.assert(
    fc.property(steps, (all) => {
      const queue = taskQueue();
      const model: Task[] = [];
      for (const [order, step] of all.entries()) {
        if (step.do === "add") {
          const task = { dueMs: step.value, order, run: () => undefined };
          model.push(task);
          queue.add(task);
          continue;
        }
        model.sort((left, right) => left.dueMs - right.dueMs || left.order - right.order);
        const [gone] = model.splice(step.do === "take" ? 0 : step.value % Math.max(1, model.length), 1);
        if (step.do === "take") expect(queue.first()).toBe(gone);
        if (gone !== undefined) queue.delete(gone);
        expect(queue.size).toBe(model.length);
      }
    }),
  );
});
