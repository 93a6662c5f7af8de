import { nodeId, nodeKey, type NodeKind } from "./node.ts";

/** An input of a step: content that is there already, or what another step of the same graph gives. */
export type StepInput = { readonly hash: string } | { readonly of: string };

/** One thing a case wants made. */
export interface Step {
  readonly kind: NodeKind;
  /** What it is made of, e.g. `segment/3`, `implant/ab12`. A subject has at most one step of a kind. */
  readonly subject: string;
  readonly inputs: Readonly<Record<string, StepInput>>;
}

/** Names a step within its graph. */
export const stepId = (step: Pick<Step, "kind" | "subject">): string => `${step.subject}:${step.kind.name}`;

/**
 * Where a step is. `current`: its result is known. `ready`: its inputs are, so it can be made. `waiting`: a step above
 * it is not current yet.
 */
export interface StepState {
  readonly step: Step;
  readonly state: "current" | "ready" | "waiting";
  /** Name of the result (JB2); undefined while an input is not known. */
  readonly key: string | undefined;
}

/** The steps do not form a graph: one is named twice, an input names nothing, or they run in a circle. */
export class GraphError extends Error {
  override name = "GraphError";
}

/**
 * The state of every step, from what is known. An input that another step gives counts by the hash of that step's
 * result, not by its key: where a change above leaves the result as it was, nothing below is made again.
 * @param resultOf content hash of the artifact of a key, or undefined where there is none
 * @returns in an order in which each step comes after those it needs
 * @throws GraphError
 */
export function statesOf(steps: readonly Step[], resultOf: (key: string) => string | undefined): StepState[] {
  const byId = new Map<string, Step>();
  for (const step of steps) {
    if (byId.has(stepId(step))) throw new GraphError(`two steps are ${stepId(step)}`);
    byId.set(stepId(step), step);
  }
  const states = new Map<string, StepState>();
  const open = new Set<string>();
  const visit = (id: string, askedBy: string): StepState => {
    const known = states.get(id);
    if (known) return known;
    const step = byId.get(id);
    if (!step) throw new GraphError(`${askedBy} needs ${id}, which is not there`);
    if (open.has(id)) throw new GraphError(`${id} needs itself`);
    open.add(id);
    const hashes: Record<string, string> = {};
    let isWaiting = false;
    for (const [name, input] of Object.entries(step.inputs)) {
      const above = "of" in input ? visit(input.of, id) : undefined;
      const hash = "hash" in input ? input.hash : above?.state === "current" && above.key !== undefined ? resultOf(above.key) : undefined;
      if (hash === undefined) isWaiting = true;
      else hashes[name] = hash;
    }
    open.delete(id);
    const key = isWaiting ? undefined : nodeKey(step.kind, hashes);
    const state: StepState = { step, key, state: key === undefined ? "waiting" : resultOf(key) === undefined ? "ready" : "current" };
    states.set(id, state);
    return state;
  };
  for (const step of steps) visit(stepId(step), nodeId(step.kind));
  return [...states.values()];
}
