import type { Step, StepInput } from "./graph.ts";

/** Why a step is made anew: somebody drew, changed the plan or a setting (CT, HU value), or the program is another version. */
export const causes = ["masks", "plan", "setting", "program"] as const;
export type Cause = (typeof causes)[number];

/** Inputs that are voxels which people draw. */
const drawn: ReadonlySet<string> = new Set(["segment", "bone", "region"]);
const isOther = (one: StepInput, other: StepInput | undefined): boolean => !other || JSON.stringify([Object.entries(one)]) !== JSON.stringify([Object.entries(other)]);

/**
 * Why a step is made anew; null where nothing that it is made of is another (another key then comes from another program).
 * @param before its inputs then; undefined for a new step @param above cause of a step of the same graph that changed too;
 * undefined where that one is as it was
 */
export function causeOf({ inputs }: Step, before: Readonly<Record<string, StepInput>> | undefined, above: (id: string) => Cause | undefined): Cause | null {
  const changed = Object.entries(inputs).filter(([name, input]) => "hash" in input && isOther(input, before?.[name])).map(([name]) => name);
  // A new implant comes with a plan, whatever was drawn before it.
  if (changed.includes("plan") && (!before || !changed.some((name) => drawn.has(name)))) return "plan";
  if (changed.some((name) => drawn.has(name))) return "masks";
  const inherited = Object.values(inputs).flatMap((input) => ("of" in input ? above(input.of) ?? [] : []))[0];
  return inherited ?? (changed.length > 0 ? "setting" : null);
}
