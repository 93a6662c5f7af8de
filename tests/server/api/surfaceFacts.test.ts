import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import type { Mesh } from "../../../core/surface/mesh.ts";
import { encodeMesh } from "../../../core/surface/meshBlob.ts";
import { sphereMesh } from "../../core/surface/shapes.ts";

interface Facts { triangles: number; volumeMm3: number | null; soundness: { openEdges: number }; thinnestWall: { mm: number; looked: number } | null }
async function factsOf(mesh: Mesh): Promise<Facts> {
  const thread = new Worker(new URL("../../../server/api/surfaceFactsThread.ts", import.meta.url), { workerData: encodeMesh(mesh) });
  const [said] = await once(thread, "message") as [{ facts: Facts }];
  await thread.terminate();
  return said.facts;
}

describe("what is said of a file's surface", () => {
  it("holds the thinnest wall of a closed one, and none of an open one, which has no inside", async () => {
    const outer = sphereMesh(10, 40), inner = sphereMesh(7, 40), n = outer.positions.length / 3;
    const shell = { positions: Float32Array.from([...outer.positions, ...inner.positions]), triangles: Uint32Array.from([...outer.triangles, ...inner.triangles.toReversed().map((v) => v + n)]) };
    const closed = await factsOf(shell), open = await factsOf({ positions: shell.positions, triangles: shell.triangles.slice(3) });
    expect(Math.abs(closed.thinnestWall!.mm - 3)).toBeLessThan(0.05);
    expect(closed.thinnestWall!.looked).toBe(closed.triangles);
    expect([open.soundness.openEdges, open.volumeMm3, open.thinnestWall]).toEqual([3, null, null]);
  });
});
