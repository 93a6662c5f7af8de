import { describe, expect, it } from "vitest";
import { lineHits, pointOn, sightLineOf, slidOn, wallAt } from "../../../core/surface/sightLine.ts";
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

  it("a dragged point slides over the side it lies on, and over a hole goes on as deep as it was", () => {
    // A ball in a shell: four ways through along the middle.
    const line = (x: number) => ({ from: [x, 0, 0], direction: [0, -1, 0] }) as const, [ball, shell] = [sphereMesh(10, 48), sphereMesh(60, 48)];
    const hitsOf = (x: number) => [...lineHits(ball, line(x)), ...lineHits(shell, line(x))].sort((one, other) => one.at - other.at);
    const radius = (p: readonly number[]) => Math.hypot(...p);
    // From the ball's front outwards: on the ball as long as it reaches, never on its back nor on the shell.
    let held: readonly [number, number, number] = [0, 10, 0];
    for (let x = 1; x <= 9; x++) {
      held = slidOn(line(x), hitsOf(x), held);
      expect(held[0]).toBe(x);
      expect(held[1]).toBeGreaterThan(0);
      expect(Math.abs(radius(held) - 10)).toBeLessThan(0.1);
    }
    const beside = slidOn(line(12), hitsOf(12), held);
    expect(beside).toEqual([12, held[1], 0]);
    // Whatever is nearest in depth: what faces the viewer stays in front.
    expect(slidOn(line(3), hitsOf(3), [0, -5, 0])[1]).toBeGreaterThan(9);
    const behind = slidOn(line(3), hitsOf(3), [0, -10, 0], true);
    expect(behind[1]).toBeLessThan(0);
    expect(Math.abs(radius(behind) - 10)).toBeLessThan(0.1);
  });
});
