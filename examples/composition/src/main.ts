import "reflect-metadata";
import { loadConfig, start } from "@spillway/container";
import { container } from "tsyringe";
import { charges } from "./charges.ts";
import { kafka } from "./schemes/kafka.ts";
import { local } from "./schemes/local.ts";
import { memory } from "./schemes/memory.ts";
import { sqs } from "./schemes/sqs.ts";

/*
 * SPILLWAY_BACKEND_ORDERS="local:./data?log=orders" SPILLWAY_BACKEND_CHARGED="local:./data?log=charged" SPILLWAY_BACKEND_DEAD="local:./data?log=dead" \
 *   node dist/main.js
 */
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort(new Error(signal)));
const file = process.argv[2];
const config = await loadConfig(file === undefined ? {} : { file });
console.log(await start({ charges }, { config, schemes: [memory, local, kafka, sqs], container, signal: stop.signal }));
