import type { Random } from "../time/random.ts";
import { epochMs } from "../time/virtual-time.ts";
import type { FaultKind, FaultPoint, FaultRule } from "./fault.ts";

/** Decides which calls meet a fault. */
export interface FaultPlan {
  /** The fate of a call that is made now; undefined: nothing happens to it. */
  pick(point: FaultPoint, nowMs: number): FaultKind | undefined;
  /** How often each has struck. */
  readonly struck: ReadonlyMap<string, number>;
}

/** A plan from rules. Each rule draws from chance of its own: without one of them, the others strike as before. */
export function faultPlan(rules: readonly FaultRule[], random: Random): FaultPlan {
  const byPoint = new Map<FaultPoint, { readonly rule: FaultRule; readonly chance: Random }[]>();
  for (const rule of rules) {
    const chance = random.fork(`${rule.point} ${rule.kind} ${rule.fromMs}`);
    const list = byPoint.get(rule.point);
    if (list === undefined) byPoint.set(rule.point, [{ rule, chance }]);
    else list.push({ rule, chance });
  }
  const struck = new Map<string, number>();
  return {
    struck,
    pick(point, nowMs) {
      const list = byPoint.get(point);
      if (list === undefined) return undefined;
      for (const { rule, chance } of list) {
        const sinceMs = nowMs - epochMs;
        if (sinceMs < rule.fromMs || sinceMs >= rule.untilMs || !chance.chance(rule.share)) continue;
        const name = `${point}: ${rule.kind}`;
        struck.set(name, (struck.get(name) ?? 0) + 1);
        return rule.kind;
      }
      return undefined;
    },
  };
}
