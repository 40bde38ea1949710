import "reflect-metadata";
import { loadConfig, start } from "@spillway/container";
import { container } from "tsyringe";
import { backends } from "./backends.ts";
import { charges } from "./charges.ts";

/*
 * SPILLWAY_BACKENDS="local:./data?log={name}" node dist/main.js
 * SPILLWAY_BACKENDS="sqs://eu-west-1/{name}.fifo" node dist/main.js
 */
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort(new Error(signal)));
const file = process.argv[2];
const config = await loadConfig(file === undefined ? {} : { file });
console.log(await start({ charges }, { config, schemes: backends, container, signal: stop.signal }));
