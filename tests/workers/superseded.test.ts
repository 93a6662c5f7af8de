import { expect, it } from "vitest";
import { canonicalBytes } from "../../core/review/canonicalJson.ts";
import { encodeMesh } from "../../core/surface/meshBlob.ts";
import { NodeRefused } from "../../workers/nodeQuestion.ts";
import { runNode, Superseded } from "../../workers/nodeThreads.ts";
import { sphereMesh } from "../core/surface/shapes.ts";

const surface = encodeMesh(sphereMesh(30, 60)), wrapAt = (detailMm: number) => ({ node: "mend", value: 0, inputs: { surface, options: canonicalBytes({ wrap: { gapMm: 1, detailMm } }) } });

it("work under way that nobody wants any more is ended, and its place is free for what is wanted", async () => {
  let asked = 0;
  const begin = performance.now(), isWanted = async () => ++asked < 2;
  // Some ten million samples: minutes of work.
  await expect(runNode(wrapAt(0.2), isWanted)).rejects.toBeInstanceOf(Superseded);
  expect([asked, performance.now() - begin < 10_000]).toEqual([2, true]);
  const { facts } = await runNode(wrapAt(2), async () => true);
  expect(facts.after).toMatchObject({ soundness: { openEdges: 0 } });
}, 60_000);

it("a database that does not answer ends no work; what cannot be made says so", async () => {
  const { facts } = await runNode(wrapAt(1), () => Promise.reject(new Error("the database is away")));
  expect(facts.after).toMatchObject({ soundness: { openEdges: 0 } });
  await expect(runNode(wrapAt(0.05), async () => true)).rejects.toBeInstanceOf(NodeRefused);
}, 60_000);
