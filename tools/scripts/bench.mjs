import { main } from "./fail.mjs";
import { root } from "./paths.mjs";
import { run } from "./run.mjs";
import { setup } from "./setup.mjs";

await main(async () => {
  await setup();
  const args = process.argv.slice(2);
  // What needs a server is a program of its own, so that the rest needs neither clients nor Java.
  const onServer = /--only[ =](kafka|sqs|kinesis)\b/.test(args.join(" "));
  process.exitCode = await run(process.execPath, [`${root}tools/${onServer ? "bench-servers" : "bench"}/dist/cli.js`, ...args]);
});
