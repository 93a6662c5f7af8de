import { describe, expect, it } from "vitest";
import { fromDense } from "../../../core/mask/labelmap.ts";
import { differenceColors } from "../../../core/review/differenceColors.ts";
import { differencePicture } from "../../../core/review/differencePicture.ts";
import type { Grid } from "../../../core/space/grid.ts";
import type { Mesh } from "../../../core/surface/mesh.ts";
import type { Picture } from "../../../core/surface/picture.ts";
import { sphereMesh } from "../surface/shapes.ts";

const grid: Grid = { dims: [40, 40, 40], spacing: [1, 1, 1], origin: [-19.5, -19.5, -19.5] };
type Place = readonly [number, number, number];
/** A ball of bone (label 1) round the middle, with other balls written over it. */
const labelmap = (...balls: readonly { at: Place; radius: number; value: number }[]) => {
  const dense = new Uint8Array(64_000);
  for (const { at, radius, value } of [{ at: [0, 0, 0] as Place, radius: 10, value: 1 }, ...balls]) for (let i = 0; i < dense.length; i++) {
    const [x, y, z] = [i % 40 - 19.5 - at[0], Math.floor(i / 40) % 40 - 19.5 - at[1], Math.floor(i / 1600) - 19.5 - at[2]];
    if (x * x + y * y + z * z <= radius * radius) dense[i] = value;
  }
  return fromDense(grid, dense);
};
const moved = ({ positions, triangles }: Mesh, by: Place): Mesh => ({ positions: positions.map((mm, i) => mm + by[i % 3]), triangles });
const joined = (one: Mesh, other: Mesh): Mesh => ({ positions: Float32Array.of(...one.positions, ...other.positions), triangles: Uint32Array.of(...one.triangles, ...[...other.triangles].map((v) => v + one.positions.length / 3)) });
/** Pixels that have the hue of a colour, whatever the light, and the mean of where they lie, in shares of the picture. */
function pixelsOf({ rgba, width, height }: Picture, [r, g, b]: readonly [number, number, number]): { count: number; x: number; y: number } {
  let count = 0, x = 0, y = 0;
  for (let i = 0; i < width * height; i++) {
    const light = Math.max(rgba[4 * i] / r, rgba[4 * i + 1] / g, rgba[4 * i + 2] / b);
    if (rgba[4 * i + 3] === 0 || light < 0.15) continue;
    if (Math.abs(rgba[4 * i] - light * r) + Math.abs(rgba[4 * i + 1] - light * g) + Math.abs(rgba[4 * i + 2] - light * b) < 8) { count++; x += (i % width) / width; y += Math.floor(i / width) / height; }
  }
  return { count, x: x / count, y: y / count };
}
const { mask, implant, added, removed } = differenceColors;

describe("the picture of what differs between two versions", () => {
  it("there is none where nothing differs", () => {
    const one = { labelmap: labelmap(), implant: sphereMesh(4, 16) };
    expect(differencePicture(one, { labelmap: labelmap(), implant: sphereMesh(4, 16) }, 1)).toBeNull();
  });

  it("shows what was added and what was removed of the masks, each in its colour, from the side where it is", () => {
    const knob = [{ at: [12, 0, 0] as Place, radius: 4, value: 1 }], plain = { labelmap: labelmap(), implant: null }, knobbed = { labelmap: labelmap(...knob), implant: null };
    const more = differencePicture(plain, knobbed, 1, 200, 160)!, less = differencePicture(knobbed, plain, 1, 200, 160)!;
    expect([more.shown, less.shown]).toEqual([["mask", "added"], ["mask", "removed"]]);
    for (const [made, rgb] of [[more, added.rgb], [less, removed.rgb]] as const) {
      // Seen from its side the knob stands before the ball, near the middle of the picture.
      const seen = pixelsOf(made.picture, rgb), rest = pixelsOf(made.picture, mask.rgb);
      expect([seen.count > 400, rest.count > 2 * seen.count, Math.abs(seen.x - 0.5) < 0.06, Math.abs(seen.y - 0.5) < 0.2]).toEqual([true, true, true, true]);
    }
    expect(pixelsOf(more.picture, removed.rgb).count).toBe(0);
    expect(differencePicture(plain, knobbed, 1, 200, 160)!.picture.rgba).toEqual(more.picture.rgba);
  });

  it("another label is a change too; of the masks that stayed only the asked one is drawn; what lies hidden shines through", () => {
    const hole = { at: [0, 0, 0] as Place, radius: 5, value: 2 }, shell = { at: [0, 0, 0] as Place, radius: 10, value: 1 };
    const made = differencePicture({ labelmap: labelmap(), implant: null }, { labelmap: labelmap(hole), implant: null }, 1, 200, 160)!, same = differencePicture({ labelmap: labelmap(), implant: null }, { labelmap: labelmap(shell, { at: [14, 0, 0], radius: 2, value: 3 }), implant: null }, 1, 200, 160)!;
    const middle = (picture: Picture) => { const at = 4 * (100 + 200 * 80); return [picture.rgba[at], picture.rgba[at + 1], picture.rgba[at + 2]]; }, [r, , b] = middle(made.picture);
    expect([made.shown, b > r + 20]).toEqual([["mask", "added"], true]);
    expect(pixelsOf(made.picture, mask.rgb).count).toBeGreaterThan(2000);
    expect(pixelsOf(differencePicture({ labelmap: labelmap(), implant: null }, { labelmap: labelmap({ at: [14, 0, 0], radius: 2, value: 3 }), implant: null }, 7, 200, 160)!.picture, mask.rgb).count).toBe(0);
    expect(same.shown).toEqual(["mask", "added"]);
  });

  it("of an implant: where it reaches farther than before, where it did before, and the rest", () => {
    const plate = moved(sphereMesh(6, 32), [14, 0, 0]), bone = labelmap(), ends = (y: number) => ({ labelmap: bone, implant: joined(plate, moved(sphereMesh(2, 16), [15, y, 0])) }), before = ends(-7), after = ends(7);
    const made = differencePicture(before, after, 1, 200, 160)!, far = [implant, added, removed].map(({ rgb }) => pixelsOf(made.picture, rgb));
    expect([made.shown, far.map(({ count }) => count > 100)]).toEqual([["mask", "implant", "added", "removed"], [true, true, true]]);
    // Seen from the patient's right the front lies on the right of the picture.
    expect(far[1].x).toBeGreaterThan(far[2].x + 0.1);
    expect(differencePicture({ labelmap: bone, implant: null }, after, 1)!.shown).toEqual(["mask", "added"]);
    expect(differencePicture(before, { labelmap: bone, implant: null }, 1)!.shown).toEqual(["mask", "removed"]);
  });
});
