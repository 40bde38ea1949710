// A stranger's program: it stands in an empty folder, with nothing but the packed packages installed beside it.
import expected from "./expected-exports.json" with { type: "json" };

const problems: string[] = [];

for (const [name, names] of Object.entries(expected as Readonly<Record<string, readonly string[]>>)) {
  const found: object = await import(name);
  const missing = names.filter((exported) => !(exported in found));
  if (missing.length > 0) problems.push(`${name} does not export ${missing.join(", ")}`);
}

if (problems.length > 0) throw new Error(problems.join("\n"));
console.log(`${Object.keys(expected).length} packages import on Node ${process.version}`);
