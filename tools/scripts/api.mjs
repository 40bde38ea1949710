import { Failure, main } from "./fail.mjs";
import { entriesOf, publishedPackages } from "./packages.mjs";
import { root } from "./paths.mjs";
import { setup } from "./setup.mjs";

await main(async () => {
  await setup();
  const { checkApi } = await import("../lint/src/api-report.mjs");
  const args = process.argv.slice(2);
  const write = args.includes("--write");
  const asked = args.filter((argument) => argument !== "--write");
  const published = publishedPackages();
  const unknown = asked.filter((name) => !published.includes(name));
  if (unknown.length > 0) throw new Failure(`There is no package ${unknown.join(", ")}; there are ${published.join(", ")}.`);
  const names = asked.length > 0 ? asked : published;
  const problems = names.flatMap((name) => checkApi(root.replace(/\/$/, ""), name, { write, entries: entriesOf(name) }));
  if (problems.length > 0) throw new Failure(`${problems.join("\n")}\nIf these changes are meant, keep them with: npm run api -- --write`);
  console.log(write ? `Wrote the API reports of ${names.length} packages.` : `${names.length} packages export what their API reports say.`);
});
