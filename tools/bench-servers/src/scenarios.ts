import type { Scenario } from "@spillway-tools/bench/bar";
import { consumeAll } from "./kafka/consume-all.ts";
import { copyAll } from "./kafka/copy-all.ts";
import { idle } from "./kafka/idle.ts";
import { keyOrder } from "./kafka/key-order.ts";
import { publishAll } from "./kafka/publish-all.ts";
import { receive } from "./sqs/receive.ts";
import { send } from "./sqs/send.ts";

/** Everything that is measured on a server, by the name of its process. */
export const scenarios: Readonly<Record<"kafka" | "sqs", Readonly<Record<string, Scenario>>>> = {
  kafka: { consumeAll, keyOrder, publishAll, copyAll, idle },
  sqs: { receive, send },
};
