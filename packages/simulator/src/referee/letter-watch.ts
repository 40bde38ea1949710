import { deadLetterHeader, SpillwayError, type OutgoingMessage, type Payload } from "@spillway/spec";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { Findings } from "./findings.ts";
import type { Register } from "./register.ts";

/** Watches what the dead-letter sink is given: the original bytes, one header that says why, and whose they are. */
export class LetterWatch {
  readonly #register: Register;
  readonly #findings: Findings;
  readonly #inOrder: boolean;
  /** The number of the process that has rewound the consumer last. */
  #rewoundBy = -1;
  /** How many there were, by disposition. */
  readonly dispositions: Map<string, number> = new Map<string, number>();

  /** The consumer was rewound: a dead letter that was under way before may arrive now, and has nothing to do with what follows. */
  rewound(by: SimulatedProcess): void {
    this.#rewoundBy = by.number;
  }

  /** `inOrder`: whether a dead letter comes after everything before it in its lane has ended, because it blocks its key. */
  constructor(register: Register, findings: Findings, inOrder: boolean) {
    this.#inOrder = inOrder;
    this.#register = register;
    this.#findings = findings;
  }

  /** The sink takes a dead letter. Throws SPILLWAY_OVERSIZE when what it says is longer than the sink takes. */
  stored(process: SimulatedProcess, letter: OutgoingMessage<Payload>, maxHeader: number): void {
    const headers = letter.headers?.filter(([name]) => name === deadLetterHeader) ?? [];
    if (String(headers[0]?.[1]).length > maxHeader)
      throw new SpillwayError("the simulated dead letter is too large", { code: "SPILLWAY_OVERSIZE" });
    const metadata = JSON.parse(String(headers[0]?.[1] ?? "{}")) as { readonly id?: string; readonly disposition?: string };
    const unit = this.#register.find(metadata.id ?? letter.id ?? "?");
    const { disposition = "none" } = metadata;
    this.dispositions.set(disposition, (this.dispositions.get(disposition) ?? 0) + 1);
    if (headers.length !== 1) this.#findings.add("G12", `the dead letter of ${unit.id} has ${headers.length} headers that say why`);
    if (!(letter.value instanceof Uint8Array) || Buffer.compare(letter.value, unit.payload) !== 0) {
      this.#findings.add("G12", `the dead letter of ${unit.id} does not hold its original bytes`);
    }
    if (letter.key !== unit.key)
      this.#findings.add("G12", `the dead letter of ${unit.id} has the key ${String(letter.key)} instead of ${unit.key}`);
    const earlier =
      this.#inOrder && process.number >= this.#rewoundBy
        ? unit.lane?.units.slice(0, unit.laneIndex).find((each) => !each.ended && each.parent?.ended !== true)
        : undefined;
    if (earlier !== undefined)
      this.#findings.add("G3", `the dead letter of ${unit.id} is written before ${earlier.id}, which is before it in its lane, has ended`);
    this.#register.end(unit, "dead-lettered");
  }
}
