import { hunt } from "./hunt.ts";

// A program of its own, bundled with a mutant of the engine: it runs in a process of its own, and says as JSON what it has found.
Error.stackTraceLimit = 0;
process.on("unhandledRejection", () => undefined);
process.stdout.write(JSON.stringify((await hunt(Number(process.argv[2]))) ?? null));
