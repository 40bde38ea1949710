import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { KafkaRequest } from "@spillway-tools/servers";
import type { Copying } from "./copying-member.ts";

/** A member that copies in a process of its own. */
export interface CopyingProcess {
  readonly clientId: string;
  readonly process: ChildProcess;
  /** Resolves to its exit code, undefined when it was killed. */
  readonly gone: Promise<number | undefined>;
}

/** Starts the built program; npm test builds before it tests. */
export function startCopying(endpoint: string, clientId: string, { from, to, groupId }: Copying): CopyingProcess {
  const path = fileURLToPath(new URL("../../dist/testing/copy-in-transactions.js", import.meta.url));
  const child = spawn(process.execPath, [path, endpoint, clientId, from, to, groupId], { stdio: ["ignore", "inherit", "inherit"] });
  const gone = once(child, "exit").then(([code]) => (typeof code === "number" ? code : undefined));
  return { clientId, process: child, gone };
}

/** Which client a request comes from. */
export function clientIdOf({ frame }: KafkaRequest): string {
  return frame.toString("utf8", 14, 14 + Math.max(0, frame.readInt16BE(12)));
}
