import { describe, expect, it } from "vitest";
import { lineHits, pointOn, sightLineOf, wallAt } from "../../../core/surface/sightLine.ts";
import { buildTriangleTree, rayHits } from "../../../core/surface/triangleTree.ts";
import { sphereMesh } from "./shapes.ts";

describe("a line of sight", () => {
  it("goes through what lies under a point of the picture, away from the viewer", () => {
    // Looked at from the front: the patient's left at the right of the screen, up is up; the viewer stands in front (+y).
    const front = ([x, , z]: readonly [number, number, number]) => [100 - 2 * x, 50 - 2 * z] as const;
    const line = sightLineOf(front, [80, 30]);
    if (!line) throw new Error("no line");
    expect(line.direction.map((x) => Math.round(x * 1e9) / 1e9 + 0)).toEqual([0, -1, 0]);
    expect(front(line.from)).toEqual([80, 30]);
    expect(sightLineOf(() => [5, 5], [1, 1])).toBeNull();
  });

  it("meets the triangles that a ray meets, and the wall behind a point is as thick as the ball", () => {
    const ball = sphereMesh(10, 24), tree = buildTriangleTree(ball), line = { from: [3, 20, 2], direction: [0, -1, 0] } as const;
    const hits = lineHits(ball, line);
    expect(hits.map(({ at }) => at)).toEqual(rayHits(tree, 3, 20, 2, 0, -1, 0).map(({ distance }) => distance));
    expect(hits).toHaveLength(2);
    expect(hits[0].normal[1]).toBeGreaterThan(0.9);
    const wall = wallAt((inward) => lineHits(ball, inward), pointOn(line, hits[0].at), hits[0].normal);
    expect(wall && Math.hypot(...[0, 1, 2].map((i) => wall[1][i] - wall[0][i]))).toBeGreaterThan(19.5);
    // Vertices five numbers apart, as the bricks on the screen have them.
    const wide = new Float32Array((ball.positions.length / 3) * 5);
    for (let v = 0; v < ball.positions.length / 3; v++) wide.set(ball.positions.subarray(3 * v, 3 * v + 3), 5 * v);
    expect(lineHits({ positions: wide, triangles: ball.triangles }, line, 5)).toEqual(hits);
  });
});
