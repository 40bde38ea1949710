import { generateScenario } from "./scenario/generate-scenario.ts";
import { runScenario } from "./run-scenario.ts";

export async function main(args: readonly string[]): Promise<number> {
  const at = (name: string): number | undefined => { const i = args.indexOf(name); return i < 0 ? undefined : Number(args[i + 1]); };
  const one = at("--seed");
  if (one !== undefined) {
    const r = await runScenario(generateScenario(one), { keepHistory: true });
    console.log(JSON.stringify(generateScenario(one), null, 1));
    console.log(r.history.slice(-Number(at("--tail") ?? 200)).join("\n"));
    console.log(r.violations, r.hash);
    return r.violations.length;
  }
  const seeds = at("--seeds") ?? 100;
  const from = at("--from") ?? 1;
  const kinds = new Map<string, number[]>();
  const t = performance.now();
  for (let seed = from; seed < from + seeds; seed++) {
    const c1 = process.cpuUsage();
    const r = await runScenario(generateScenario(seed));
    const c2 = process.cpuUsage(c1); const ms = (c2.user + c2.system) / 1000;
    if (ms > 80) console.log("slow", seed, ms.toFixed(0), r.facts.virtualMs, r.facts.timers);
    const [v] = r.violations;
    if (v !== undefined) { const k = v.guarantee + ": " + v.says.replace(/\d+/g, "N").slice(0, 90); const l = kinds.get(k) ?? []; l.push(seed); kinds.set(k, l); if (l.length === 1) console.log(seed, v.guarantee, v.says.slice(0, 900)); }
    await new Promise((resolve) => setImmediate(resolve));
  }
  const s = (performance.now() - t) / 1000;
  console.log(`${seeds} seeds, ${(seeds / s).toFixed(1)} a second`);
  for (const [k, l] of kinds) console.log(l.length, k, l.slice(0, 8).join(" "));
  return kinds.size > 0 ? 1 : 0;
}
