import { Lane } from "./lanes.ts";
import type { Unit } from "./unit.ts";

/** What must stay in order in a run. */
export interface LaneRules {
  readonly ordering: "none" | "key" | "partition";
  /** Whether children are free of the order of their messages. */
  readonly childrenFree: boolean;
}

/** All messages of a run and what became of them. */
export class Register {
  readonly messages: Unit[] = [];
  readonly #byId = new Map<string, Unit>();
  readonly #lanes = new Map<string, { readonly messages: Lane; readonly children: Lane }>();
  readonly #rules: LaneRules;
  /** How many messages may not be settled yet. */
  open = 0;

  constructor(rules: LaneRules) {
    this.#rules = rules;
  }

  add(message: Unit): void {
    this.messages.push(message);
    this.open++;
    this.#byId.set(message.id, message);
    for (const child of message.children) this.#byId.set(child.id, child);
    const lane = this.#laneOf(message);
    if (lane === undefined) return;
    lane.messages.add(message);
    if (!this.#rules.childrenFree) for (const child of message.children) lane.children.add(child);
  }

  find(id: string): Unit {
    const unit = this.#byId.get(id);
    if (unit === undefined) throw new Error(`nobody has appended ${id}`);
    return unit;
  }

  /** Writes down how a unit has ended, the first time. */
  end(unit: Unit, how: NonNullable<Unit["end"]>): void {
    if (unit.end !== undefined) return;
    const message = unit.parent ?? unit;
    const before = message.ended;
    unit.end = how;
    if (!before && message.ended) this.open--;
  }

  /** All of the log is to be done again: the consumer was rewound. A queue gives nothing twice that was deleted. */
  reset(): void {
    for (const message of this.messages) {
      if (message.partition === undefined) continue;
      for (const unit of [message, ...message.children]) {
        unit.passed = 0;
        unit.passedIn.clear();
        unit.end = undefined;
      }
    }
    for (const { messages, children } of this.#lanes.values()) {
      messages.reset();
      children.reset();
    }
    this.open = this.messages.filter(({ ended }) => !ended).length;
  }

  #laneOf(message: Unit): { readonly messages: Lane; readonly children: Lane } | undefined {
    const { ordering } = this.#rules;
    // What the log and a queue have in common of a key is no order.
    const ofKey = message.key === undefined ? undefined : `${message.key}${message.partition === undefined ? " of the queue" : ""}`;
    const name = ordering === "none" ? undefined : ordering === "key" ? ofKey : message.partition;
    if (name === undefined) return undefined;
    let lane = this.#lanes.get(name);
    if (lane === undefined) this.#lanes.set(name, (lane = { messages: new Lane(name), children: new Lane(name) }));
    return lane;
  }
}
