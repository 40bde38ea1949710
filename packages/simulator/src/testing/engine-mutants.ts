/** An engine with one line broken. */
export interface EngineMutant {
  /** What is wrong with it. */
  readonly name: string;
  /** Within packages/core/src. */
  readonly file: string;
  /** Occurs in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The guarantee that must be found broken, where others may be broken by it later; undefined: any. */
  readonly breaks?: string;
}

/** Engines that the simulator must find out. */
export const engineMutants: readonly EngineMutant[] = [
  {
    name: "the watermark passes what is under way",
    file: "engine/window.ts",
    find: "(base !== end && states[base & mask] === PlaceState.settled)",
    replace: "(base !== end && states[base & mask] !== PlaceState.waiting)",
  },
  {
    name: "the watermark is one too far",
    file: "engine/window.ts",
    find: "    this.base = base;\n    this.ahead += left;",
    replace: "    this.base = base === this.end ? base : (base + 1) & wrap;\n    this.ahead += left;",
  },
  {
    name: "what has ended in its order takes along what has not",
    file: "engine/feed.ts",
    find: "else if (delivery.sequence === this.front && outcome",
    replace: "else if (outcome",
  },
  {
    name: "a message is settled before its dead letter is confirmed",
    file: "engine/dead-letter-stage.ts",
    find: "else if (result.ok) this.#confirmed(letter);",
    replace: "else if (result.ok || letter.failures >= 0) this.#confirmed(letter);",
  },
  {
    name: "a checkpoint is saved after the lease is lost",
    file: "engine/partition-session.ts",
    find: 'if (how !== "lost") {',
    replace:
      'if (how === "lost") void this.#options.source.coordination.checkpoints.save({ scope: this.#options.scope, partition: this.lease.partition }, this.#capture(), this.lease.token, { signal: new AbortController().signal }).catch(() => undefined);\n    else {',
  },
  {
    name: "the loss of a lease is not heard",
    file: "engine/partition-session.ts",
    find: "    if (this.#lost) return;\n    this.#lost = true;",
    replace: "    return;",
  },
  {
    name: "a message that waits for its retry does not hold its lane",
    file: "engine/feed.ts",
    find: "else if (delivery.holder === this.gate) this.lanes?.occupy(delivery);",
    replace: "",
  },
  {
    name: "a later stage does not hold the lane of what fails",
    file: "engine/stage-admission.ts",
    find: "  occupy(delivery: TrackedDelivery): void {\n",
    replace: "  occupy(delivery: TrackedDelivery): void {\n    if (delivery.mark !== undefined || delivery.attempt === 1) return;\n",
  },
  {
    name: "a lane is not passed on",
    file: "engine/feed-lanes.ts",
    find: "if (next >= 0) this.free.push(next);",
    replace: "if (next >= 0) this.free.size;",
  },
  {
    name: "the drain drops what it aborts",
    file: "engine/partition-session.ts",
    find: "    // The watermark stays before it: the next owner delivers it again.\n",
    replace: "    this.settled(this.feed.window.settle(_delivery.sequence, this.noteOf(_delivery.message)));\n",
  },
  {
    name: "a child is read before its parent is finished",
    file: "leases/lineage.ts",
    find: 'if (state === "open") return "parent";',
    replace: "",
  },
  {
    name: "a message is settled while its handler runs",
    file: "engine/work-stage.ts",
    find: "if (result instanceof Promise) this.wait(delivery, result);",
    replace:
      "if (result instanceof Promise && this.left === this.own) this.wait(delivery, result);\n      else if (result instanceof Promise) return false;",
  },
  {
    name: "credits are not given back",
    file: "engine/feed.ts",
    find: "this.owner.credits.release(count, bytes);",
    replace: "",
  },
  {
    name: "the bound on handlers is not kept",
    file: "engine/stage-admission.ts",
    find: "    if (lane === undefined && this.units > 0) {\n      this.units--;",
    replace: "    if (lane === undefined) {\n      this.units--;",
  },
  {
    name: "the bound on bytes in flight is not kept",
    file: "engine/credits.ts",
    find: " && this.bytes < this.maxBytes",
    replace: "",
    breaks: "G5",
  },
  {
    name: "a sweep for time-outs sets its timer although a message that it let start has set it",
    file: "engine/handler-slots.ts",
    find: "if (this.cancelSweep === undefined && this.deliveries.length > 0)",
    replace: "if (this.deliveries.length > 0)",
    breaks: "G5",
  },
  {
    name: "positions that are under way are saved as done",
    file: "engine/partition-progress.ts",
    find: "if (window.state(sequence) === PlaceState.settled) {\n        done.push(",
    replace:
      "if (window.state(sequence) === PlaceState.settled || window.state(sequence) === PlaceState.waiting) {\n        done.push((window.record(sequence) as { position?: Position }).position ?? ",
  },
  {
    name: "what a checkpoint says is done is run again",
    file: "engine/partition-progress.ts",
    find: "const found = this.#done.has(position);",
    replace: "return false;",
  },
  {
    name: "one done position makes all that follows done",
    file: "engine/partition-progress.ts",
    find: "const found = this.#done.has(position);",
    replace: "return this.#done.size > 0;",
  },
  {
    name: "a retry is forgotten",
    file: "engine/run-context.ts",
    find: "      delivery.holder?.resume(delivery, stage);",
    replace: "      if (delivery.attempt < 3) delivery.holder?.resume(delivery, stage);",
  },
  {
    name: "a message that was sent on is out of sight while it waits",
    file: "engine/work-stage.ts",
    find: "    if (!delivery.settled) delivery.stay();\n",
    replace: "",
  },
  {
    name: "attempts are not counted",
    file: "engine/tracked-delivery.ts",
    find: "this.lastFailure.attempts + 1",
    replace: "this.lastFailure.attempts",
    breaks: "G12",
  },
  {
    name: "what waits behind a message in its group is not given back with it",
    file: "engine/queue-intake.ts",
    find: "const messages = [delivery.message, ...this.#waitingBehind(delivery.message)];",
    replace: "const messages = [delivery.message];",
  },
  {
    name: "the results of a batch are taken for those of others",
    file: "engine/batch-stage.ts",
    find: "const result = results[index] as BatchResult;",
    replace: "const result = results[results.length - 1 - index] as BatchResult;",
  },
  {
    name: "what a sink refused counts as written",
    file: "publish.ts",
    find: "results[place] = result.ok ?",
    replace: "results[place] = result.ok || true ?",
  },
  {
    name: "a partition is finished while messages of it are under way",
    file: "engine/partition-session.ts",
    find: "if (this.#ended && this.feed.unsettled === 0 && !this.feed.closed)",
    replace: "if (this.#ended && !this.feed.closed)",
  },
  {
    name: "a message is settled when the first of its children is",
    file: "engine/expand-stage.ts",
    find: "while (family.size > 0 && !parent.settled)",
    replace: "while (family.size > 1 && !parent.settled)",
  },
  {
    name: "a drain has no deadline",
    file: "engine/partition-session.ts",
    find: "Math.max(0, deadlineMs - clock.nowMs())",
    replace: "3_600_000 + deadlineMs * 0",
  },
  {
    name: "a dead letter does not hold the original bytes",
    file: "engine/dead-letter-envelope.ts",
    find: "    value: payload,",
    replace: "    value: payload === null ? null : payload.subarray(1),",
  },
  {
    name: "acknowledgements that find no free call are forgotten",
    file: "engine/acknowledger.ts",
    find: "|| this.#cancelFlush === undefined) this.#flush();",
    replace: ") this.#flush();",
  },
  {
    name: "what was given back is extended",
    file: "engine/queue-heartbeat.ts",
    find: "if (state === PlaceState.waiting) return !feed.closed && !feed.takenBack.has(place as Message<unknown>);",
    replace: "",
  },
  {
    name: "what has passed in a batch goes on before an earlier one of its lane that has not",
    file: "engine/batch-stage.ts",
    find: "if (!isBehind) this.leave(delivery);",
    replace: "if (!isBehind || delivery.attempt > 0) this.leave(delivery);",
  },
  {
    name: "halts are taken for deaths",
    file: "engine/queue-intake.ts",
    find: "buries: !options.run.failures.halts,",
    replace: "buries: true,",
  },
  {
    name: "a unit that an aborted message leaves starts another that is aborted",
    file: "engine/feed.ts",
    find: "for (const delivery of deliveries) delivery.end();",
    replace: "",
  },
  {
    name: "a dead letter that blocks its key does not wait for what is before it",
    file: "engine/dead-letter-stage.ts",
    find: "if (!this.#blocks(delivery) || !this.#follow(letter)) this.#begin(letter);",
    replace: "this.#begin(letter);",
  },
  {
    name: "the later messages of a blocked key are worked on",
    file: "engine/blocked-key.ts",
    find: "return feed.blockedKeys !== undefined && message.key !== undefined && feed.blockedKeys.has(message.key);",
    replace: "return feed.blockedKeys !== undefined && message.key !== undefined && false;",
  },
  {
    name: "messages that the log has dropped are passed over in silence",
    file: "engine/partition-session.ts",
    find: "this.#lostMessages(batch.lost);",
    replace: "if (batch.messages.length === 0) this.#lostMessages(batch.lost);",
  },
  {
    name: "what holds the source is not named",
    file: "engine/gates-of.ts",
    find: "gates.push(...run.gates.flatMap((gate) => gate() ?? []));",
    replace: "",
  },
  {
    name: "a message that waits for its retry keeps the turn of a careful start",
    file: "engine/careful-start.ts",
    find: "if (delivery.message === this.#current?.message && !this.#isBuried) this.#leave();",
    replace: "",
  },
  {
    name: "what is behind a failing message of its lane has the turn of a careful start",
    file: "engine/careful-start.ts",
    find: "if (!this.#followers.keep(delivery, enter)) this.#attempt",
    replace: "this.#attempt",
    breaks: "G4",
  },
  {
    name: "a message has the turn of a careful start while its children wait for their retries",
    file: "engine/family.ts",
    find: "if (this.#resting || this.#bearing || !this.#allWait()) return;",
    replace: "return;",
    breaks: "G4",
  },
  {
    name: "the bytes of a queue's messages are not counted",
    file: "engine/queue-intake.ts",
    find: "this.credits.exchange(wanted, messages.length, bytes);",
    replace: "this.credits.exchange(wanted, messages.length, 0 * bytes);",
    breaks: "G5",
  },
  {
    name: "a queue is asked for messages although there is no room for them",
    file: "engine/queue-intake.ts",
    find: "if (!(await this.credits.reserve(wanted, signal))) return;",
    replace: "this.credits.messages += this.credits.page(wanted);",
    breaks: "G5",
  },
  {
    name: "the bound on batches under way is not kept",
    file: "engine/batch-stage.ts",
    find: "while (this.ready.size > 0 && this.flying < this.options.concurrency && this.isDue())",
    replace: "while (this.ready.size > 0 && this.isDue())",
    breaks: "G5",
  },
  {
    name: "a message is tried once more than its policy says",
    file: "engine/retry-stage.ts",
    find: "if (failure.attempts + earlier >= rule.attempts)",
    replace: "if (failure.attempts + earlier > rule.attempts)",
    breaks: "G12",
  },
  {
    name: "a message is tried again however old it is",
    file: "engine/retry-stage.ts",
    find: "inMs - timestampMs > maxAgeMs;",
    replace: "inMs - timestampMs > maxAgeMs * 1_000;",
    breaks: "G12",
  },
  {
    name: "a write that fails as a whole uses no attempt",
    file: "publish.ts",
    find: "return messages.map(() => ({ ok: false, error: cause }));",
    replace: "return messages.map(() => ({ ok: false, error: cause === undefined ? cause : notYet }));",
    breaks: "G12",
  },
  {
    name: "the first fault of a batch is looked for one by one",
    file: "engine/batch-work.ts",
    find: "Math.floor(bad.length / 2)",
    replace: "bad.length - 1",
    breaks: "G12",
  },
  {
    name: "what has passed in a batch behind a failure is worked on again",
    file: "engine/batch-stage.ts",
    find: "(lane.through ??= new Set()).add(delivery);",
    replace: "",
    breaks: "contract",
  },
  {
    name: "running handlers are not told that their partition is lost",
    file: "engine/slot.ts",
    find: "    this.controller?.abort(reason);",
    replace: "",
    breaks: "G8",
  },
  {
    name: "a partition is given back without a last checkpoint",
    file: "engine/partition-session.ts",
    find: 'if (this.#checkpointer.dirty || how === "finished") await this.#checkpointer.save();',
    replace: 'if (how === "finished") await this.#checkpointer.save();',
    breaks: "G9",
  },
  {
    name: "a queue's message that must run alone waits for what stands behind failing ones",
    file: "engine/places.ts",
    find: "(delivery.settled || (isIn(lane, held) && stands(delivery)))",
    replace: "delivery.settled",
    breaks: "G4",
  },
];
