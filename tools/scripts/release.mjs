import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, main } from "./fail.mjs";
import { packedTarballs, publishedPackages } from "./packages.mjs";
import { root, tool } from "./paths.mjs";
import { capture, run } from "./run.mjs";
import { setup } from "./setup.mjs";

// pnpm packs, because it turns workspace: ranges into real ones; npm publishes, because it makes the provenance statement.
await main(async () => {
  const dryRun = process.argv.includes("--dry-run");
  await setup();
  const folder = mkdtempSync(join(tmpdir(), "release-"));
  try {
    const tarballs = await packedTarballs(folder);
    for (const name of inDependencyOrder(publishedPackages())) {
      const { version } = manifestOf(name);
      if (await isPublished(`@spillway/${name}@${version}`)) continue;
      const args = ["publish", tarballs.get(name), "--access=public", ...(dryRun ? ["--dry-run"] : ["--provenance"])];
      if ((await run("npm", args)) !== 0)
        throw new Failure(`@spillway/${name}@${version} was not published; run this again to go on from there.`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (!dryRun) process.exitCode = await run(tool("changeset"), ["tag"]);
});

function manifestOf(name) {
  return JSON.parse(readFileSync(`${root}packages/${name}/package.json`, "utf8"));
}

async function isPublished(spec) {
  const { code, output } = await capture("npm", ["view", spec, "version", "--json"]);
  if (code === 0) return output.trim() !== "";
  if (output.includes("E404")) return false;
  throw new Failure(`The registry could not be asked for ${spec}:\n${output}`);
}

/** Each after what it depends on, so that no published version ever needs one that is not there. */
function inDependencyOrder(names) {
  const ordered = new Set();
  const add = (name) => {
    for (const dependency of Object.keys(manifestOf(name).dependencies ?? {})) {
      if (dependency.startsWith("@spillway/")) add(dependency.slice("@spillway/".length));
    }
    ordered.add(name);
  };
  for (const name of names) add(name);
  return [...ordered];
}
