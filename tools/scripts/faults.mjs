import { pathToFileURL } from "node:url";
import { main } from "./fail.mjs";
import { root } from "./paths.mjs";
import { setup } from "./setup.mjs";
import { vitest } from "./vitest.mjs";

await main(async () => {
  await setup();
  const { command } = await import(pathToFileURL(`${root}tools/faults/dist/command.js`).href);
  const stop = new AbortController();
  const { signal } = stop;
  for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => stop.abort());
  const code = await command(process.argv.slice(2), {
    say: (line) => console.log(line),
    signal,
    runTests: (args) => vitest(args, { signal }),
  });
  // A server that was just being started would keep this process; its guard ends it when this process is gone.
  process.exit(code);
});
