import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Failure, main } from "./fail.mjs";
import { entriesOf, packedTarballs, publishedPackages } from "./packages.mjs";
import { node24, root, tool } from "./paths.mjs";
import { capture, must } from "./run.mjs";
import { setup } from "./setup.mjs";

const needed = [
  "description",
  "license",
  "repository",
  "homepage",
  "bugs",
  "keywords",
  "exports",
  "files",
  "sideEffects",
  "engines",
  "publishConfig",
];

await main(async () => {
  await setup();
  const names = publishedPackages();
  const problems = names.flatMap(whatItsFolderLacks);
  const folder = mkdtempSync(join(tmpdir(), "pack-check-"));
  try {
    const tarballs = await packedTarballs(folder);
    for (const name of names) problems.push(...(await whatItsTarballLacks(name, tarballs.get(name))));
    if (problems.length > 0) throw new Failure(problems.join("\n"));
    await useAsAStranger(folder, names, tarballs);
    await useWithoutOptionalPeers(names, tarballs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function whatItsFolderLacks(name) {
  const folder = `${root}packages/${name}/`;
  const manifest = JSON.parse(readFileSync(`${folder}package.json`, "utf8"));
  const problems = needed
    .filter((field) => manifest[field] === undefined)
    .map((field) => `packages/${name}/package.json has no "${field}"`);
  if (manifest.repository?.directory !== `packages/${name}`)
    problems.push(`packages/${name}/package.json: "repository.directory" is not its own`);
  if (!existsSync(`${folder}README.md`)) problems.push(`packages/${name} has no README.md`);
  return problems;
}

async function whatItsTarballLacks(name, tarball) {
  const problems = [];
  const files = (await must("tar", ["-tzf", tarball])).split("\n");
  const entries = entriesOf(name).flatMap(({ built, source }) => [built, built.replace(/\.js$/, ".d.ts"), source]);
  for (const file of ["README.md", "LICENSE", ...entries]) {
    if (!files.includes(`package/${file}`)) problems.push(`@spillway/${name}: ${file} is not in its tarball`);
  }
  const strays = files.filter((file) => /\.(test|test-d)\.|\/testing\/|-harness\.|\.tsbuildinfo$/.test(file));
  if (strays.length > 0) problems.push(`@spillway/${name}: its tarball holds ${strays.join(", ")}`);
  const [publint, attw] = await Promise.all([
    capture(tool("publint"), ["run", tarball, "--strict"]),
    capture(tool("attw"), [tarball, "--profile", "esm-only", "--no-color", "--no-emoji"]),
  ]);
  if (publint.code !== 0) problems.push(`@spillway/${name}: publint says:\n${publint.output.trimEnd()}`);
  if (attw.code !== 0) problems.push(`@spillway/${name}: attw says:\n${attw.output.trimEnd()}`);
  return problems;
}

/** Installs the tarballs where nothing of the workspace can help, and compiles and runs a program there. */
async function useAsAStranger(folder, names, tarballs) {
  const nodeTypes = JSON.parse(readFileSync(`${root}package.json`, "utf8")).devDependencies["@types/node"];
  const dependencies = Object.fromEntries(names.map((name) => [`@spillway/${name}`, `file:${tarballs.get(name)}`]));
  const compilerOptions = {
    target: "ES2023",
    module: "NodeNext",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    types: ["node"],
    resolveJsonModule: true,
    outDir: "out",
    rootDir: ".",
  };
  await cp(`${root}tools/lint/pack-program`, folder, { recursive: true });
  write("package.json", { private: true, type: "module", dependencies, devDependencies: { "@types/node": nodeTypes } });
  write("tsconfig.json", { compilerOptions, include: ["*.ts"] });
  write("expected-exports.json", await exportsOf(names));

  const options = { cwd: folder };
  await must("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], options);
  await must(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", "."], options);
  for (const node of [process.execPath, node24]) {
    if (existsSync(node)) console.log((await must(node, ["out/main.js"], options)).trimEnd());
  }

  function write(file, value) {
    writeFileSync(join(folder, file), JSON.stringify(value, undefined, 2));
  }
}

/** Installs a package that has optional peers without them: its index must do, and what needs them must say so by name. */
async function useWithoutOptionalPeers(names, tarballs) {
  for (const name of names) {
    const { peerDependenciesMeta = {}, dependencies = {} } = JSON.parse(readFileSync(`${root}packages/${name}/package.json`, "utf8"));
    const optional = Object.keys(peerDependenciesMeta).filter((peer) => peerDependenciesMeta[peer].optional);
    if (optional.length === 0) continue;
    const needed = [
      name,
      ...Object.keys(dependencies)
        .filter((each) => each.startsWith("@spillway/"))
        .map((each) => each.slice("@spillway/".length)),
    ];
    const folder = mkdtempSync(join(tmpdir(), "pack-check-"));
    try {
      const files = Object.fromEntries(needed.map((each) => [`@spillway/${each}`, `file:${tarballs.get(each)}`]));
      writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies: files }));
      await must("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], { cwd: folder });
      const installed = optional.filter((peer) => existsSync(join(folder, "node_modules", peer)));
      if (installed.length > 0) throw new Failure(`@spillway/${name} alone installs ${installed.join(", ")}`);
      const subpaths = entriesOf(name)
        .map(({ subpath }) => subpath)
        .filter((subpath) => subpath !== "");
      const program = `
        const optional = ${JSON.stringify(optional)};
        await import("@spillway/${name}");
        for (const subpath of ${JSON.stringify(subpaths)}) {
          const error = await import("@spillway/${name}" + subpath).catch((reason) => reason);
          if (error.code !== "ERR_MODULE_NOT_FOUND" || !optional.some((peer) => error.message.includes("'" + peer + "'")))
            throw new Error("@spillway/${name}" + subpath + " must need an optional peer: " + error);
        }`;
      await must(process.execPath, ["--input-type=module", "--eval", program], { cwd: folder });
      console.log(`@spillway/${name} imports without ${optional.length} optional peers`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** What each entry of each package exports here, to be found again in what was packed. */
async function exportsOf(names) {
  const all = names.flatMap((name) => entriesOf(name).map(({ subpath, built }) => ({ name, subpath, built })));
  const entries = all.map(async ({ name, subpath, built }) => [
    `@spillway/${name}${subpath}`,
    Object.keys(await import(pathToFileURL(`${root}packages/${name}/${built}`).href)),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}
