import { Unit } from "../referee/unit.ts";
import { hashOf, random } from "../time/random.ts";
import type { World } from "../world.ts";
import type { Scenario } from "./scenario.ts";

/** Has the scenario's messages appended over time. `appended` is called when all of them are. */
export function appendLoad(world: World, { seed, source, beside, load, pipeline }: Scenario, appended: () => void): void {
  const { time, log, queue, referee } = world;
  const bursts = load.appendMs === 0 ? 1 : 12;
  let index = 0;

  function append(): void {
    const dice = random(hashOf(seed, `message ${index}`));
    const key = dice.chance(0.05) ? undefined : `k${dice.below(load.keys)}`;
    const children = pipeline.expand === undefined ? 0 : dice.between(0, pipeline.expand.most);
    const toQueue = source.kind === "queue" || (beside !== undefined && dice.chance(0.4));
    const partition = toQueue ? undefined : log.partitionOf(key, index);
    const message = makeMessage({
      index,
      key,
      children,
      padding: load.padding === 0 ? 0 : dice.below(load.padding),
      timestampMs: time.nowMs,
      partition: partition?.id,
      offset: partition?.messages.length ?? -1,
    });
    index++;
    referee.register.add(message);
    if (partition === undefined) queue.send(message);
    else log.append(partition, message);
  }

  function burst(): void {
    for (let left = Math.ceil(load.messages / bursts); left > 0 && index < load.messages; left--) append();
    if (index < load.messages) time.schedule(load.appendMs / bursts, burst);
    else appended();
  }
  burst();
}

interface MessageOptions extends Pick<Unit, "index" | "key" | "timestampMs" | "partition" | "offset"> {
  readonly children: number;
  readonly padding: number;
}

function makeMessage({ children, padding, ...rest }: MessageOptions): Unit {
  const id = `m${rest.index}`;
  const message = new Unit({ ...rest, id, child: -1, parent: undefined, payload: payloadOf(id, padding) });
  message.children = Array.from({ length: children }, (_, child) => {
    const childId = `${id}#${child}`;
    return new Unit({ ...rest, id: childId, child, parent: message, payload: payloadOf(childId, 0) });
  });
  return message;
}

/** The id, and then as many bytes that say nothing. */
function payloadOf(id: string, padding: number): Uint8Array {
  return Buffer.from(padding === 0 ? id : `${id} ${"x".repeat(padding)}`);
}
