import type { Scenario } from "@spillway-tools/bench/bar";
import type { ServerName } from "@spillway-tools/servers";
import { consumeAll } from "./kafka/consume-all.ts";
import { copyAll } from "./kafka/copy-all.ts";
import { idle } from "./kafka/idle.ts";
import { keyOrder } from "./kafka/key-order.ts";
import { publishAll } from "./kafka/publish-all.ts";
import { consumeStream } from "./kinesis/consume-stream.ts";
import { poison } from "./kinesis/poison.ts";
import { putStream } from "./kinesis/put-stream.ts";
import { startAndTakeOver } from "./kinesis/start-and-take-over.ts";
import { unpack } from "./kinesis/unpack.ts";
import { receive } from "./sqs/receive.ts";
import { send } from "./sqs/send.ts";

/** What is measured on servers, by the name after --only. */
export interface Suite {
  readonly servers: readonly ServerName[];
  /** By the name of its process. */
  readonly scenarios: Readonly<Record<string, Scenario>>;
}

/** Everything that is measured on servers. */
export const suites: Readonly<Record<string, Suite>> = {
  kafka: { servers: ["kafka"], scenarios: { consumeAll, keyOrder, publishAll, copyAll, idle } },
  sqs: { servers: ["sqs"], scenarios: { receive, send } },
  kinesis: { servers: ["kinesalite", "dynamodb"], scenarios: { consumeStream, putStream, startAndTakeOver, unpack, poison } },
};
