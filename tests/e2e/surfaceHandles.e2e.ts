import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { implantsOf } from "../../core/draft/planDoc.ts";
import { type PlanPoint, pointsIn } from "../../core/draft/planPoints.ts";
import { rasPoint, rasToIjk } from "../../core/space/grid.ts";
import { headCt } from "../../core/phantom/headCt.ts";
import { labelRuns } from "../support/labelRuns.ts";
import { HeadlessPlan } from "../support/headlessPlan.ts";
import { HeadlessRoom, signInHeadless } from "../support/headlessPerson.ts";
import { until } from "../support/until.ts";
import { DrawingRoom } from "./drawingRoom.ts";
import { expectAccessible } from "./uiPage.ts";

let room: DrawingRoom, engineer: Page, surgeon: Page, viewer: Page, plan: HeadlessPlan, masks: HeadlessRoom, bone: Uint8Array;
const pane = "section[aria-label='Surfaces in 3D']";
/** A place for pictures of what the test saw; none by default. */
const shot = async (page: Page, name: string) => { if (process.env.SHOT_DIR) await page.screenshot({ path: `${process.env.SHOT_DIR}/${name}.png` }); };
const points = (list: "outline" | "fixationPoints"): PlanPoint[] => [...implantsOf(plan.doc).values()].flatMap((parameters) => pointsIn(parameters, list));
/** Whether a voxel of the bone lies within a voxel's diagonal. */
function isOnBone([x, y, z]: readonly [number, number, number]): boolean {
  const { grid } = room, [i, j, k] = rasToIjk(grid, rasPoint(x, y, z)).map(Math.round), [nx, ny] = grid.dims, steps = [-1, 0, 1];
  return steps.some((a) => steps.some((b) => steps.some((c) => bone[i + a + nx * (j + b + ny * (k + c))] === 1)));
}
async function placeIn3d(page: Page, u: number, v: number): Promise<[number, number]> {
  const box = await page.locator(pane).boundingBox();
  if (!box) throw new Error("no 3D view");
  return [box.x + u * box.width, box.y + v * box.height];
}
const handle = (page: Page, label: string) => page.locator(`${pane} [data-plan-point='${label}']`);
const undo = (page: Page) => page.click('button[aria-label="Undo your last change of the plan"]');

beforeAll(async () => {
  room = await DrawingRoom.open();
  engineer = room.page;
  [surgeon, viewer] = await Promise.all(["surgeon", "reviewer"].map((person) => DrawingRoom.enter(room.product, room.browser, room.caseId, person)));
  const person = await signInHeadless(room.product.origin, "demo-surgeon");
  plan = await HeadlessPlan.join(room.product.origin, person, room.caseId);
  masks = new HeadlessRoom(room.product.origin, person, room.caseId, room.grid);
  await until("joined", () => plan.isSynced && masks.isSynced);
  bone = Uint8Array.from(headCt(5, room.grid.dims as [number, number, number]).hu, (hu) => (hu >= 226 ? 1 : 0));
  masks.author.draw(1, labelRuns(room.grid, bone, 1));
  for (const page of [engineer, surgeon, viewer]) {
    page.setDefaultTimeout(30_000);
    await page.waitForSelector(`${pane}[data-surface-state=current]`, { timeout: 120_000 });
    await page.keyboard.press("Control+k");
    await page.keyboard.type("3D From the front");
    await page.keyboard.press("Enter");
    await page.click("#tab-implant");
  }
});
afterAll(async () => {
  plan?.close();
  masks?.close();
  await room?.close();
});

describe("handles over the surfaces", () => {
  it("points are placed by clicks on the bone that is seen; everybody sees them, with handles only who may change the plan", async () => {
    await engineer.click("[data-add-implant]");
    await surgeon.waitForSelector("[data-implant]");
    await engineer.click("[data-points=outline] button[aria-pressed]");
    for (const [n, [u, v]] of ([[0.42, 0.4], [0.58, 0.4], [0.58, 0.58], [0.42, 0.58]] as const).entries()) {
      await engineer.mouse.click(...await placeIn3d(engineer, u, v));
      await expect.poll(() => points("outline").length, { timeout: 20_000 }).toBe(n + 1);
    }
    await engineer.mouse.click(...await placeIn3d(engineer, 0.03, 0.5));
    await expect.poll(() => engineer.textContent("[data-notice]")).toContain("No bone of this implant is seen there.");
    expect(points("outline").every(({ at }) => isOnBone(at))).toBe(true);
    // From the front: all of them on the front of the head, not on the inside of its back.
    const middle = room.grid.origin[1] + room.grid.spacing[1] * room.grid.dims[1] / 2;
    expect(points("outline").every(({ at }) => at[1] > middle)).toBe(true);
    await engineer.click("[data-points=outline] button[aria-pressed]");
    for (const page of [engineer, surgeon]) await expect.poll(() => page.locator(`${pane} [data-plan-point^='Outline point']`).count()).toBe(4);
    await expect.poll(() => viewer.locator(`${pane} [data-plan-mark^='Outline point']`).count()).toBe(4);
    expect(await viewer.locator("[data-plan-point], [data-insertion-handle]").count()).toBe(0);
    await expectAccessible(engineer, "handles in 3D");
    await shot(engineer, "handles3d");
    await shot(viewer, "handles3d-viewer");
  });

  it("two people drag two points at once: both stay on the bone and where they were put; each undoes their own", async () => {
    const before = points("outline");
    const move = async (page: Page, label: string, dx: number, dy: number) => {
      const box = await handle(page, label).boundingBox();
      if (!box) throw new Error(`no ${label}`);
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x + dx, y + dy, { steps: 4 });
      await page.mouse.up();
      const after = await handle(page, label).boundingBox();
      if (!after) throw new Error(`no ${label}`);
      expect([after.x + after.width / 2, after.y + after.height / 2].map((px, a) => Math.abs(px - [x + dx, y + dy][a]) < 1)).toEqual([true, true]);
    };
    await Promise.all([move(engineer, "Outline point 1", -14, -12), move(surgeon, "Outline point 3", 12, 14)]);
    const moved = () => points("outline").map(({ at }, i) => at.some((mm, a) => mm !== before[i].at[a]));
    await expect.poll(moved, { timeout: 20_000 }).toEqual([true, false, true, false]);
    expect(points("outline").every(({ at }) => isOnBone(at))).toBe(true);
    await undo(engineer);
    await expect.poll(moved, { timeout: 20_000 }).toEqual([false, false, true, false]);
    await undo(surgeon);
    await expect.poll(moved, { timeout: 20_000 }).toEqual([false, false, false, false]);
  });

  it("the arrow keys move a point over the bone, Delete takes it out; the view neither turns nor changes", async () => {
    const [first] = points("outline"), other = () => handle(engineer, "Outline point 2").boundingBox(), stays = await other();
    await handle(engineer, "Outline point 1").focus();
    for (let n = 0; n < 2; n++) await engineer.keyboard.press("Shift+ArrowLeft");
    await expect.poll(() => points("outline")[0].at[0] - first.at[0], { timeout: 20_000 }).toBeGreaterThan(3);
    expect(isOnBone(points("outline")[0].at)).toBe(true);
    expect(await other()).toEqual(stays);
    await engineer.keyboard.press("Delete");
    await expect.poll(() => points("outline").length, { timeout: 20_000 }).toBe(3);
    await undo(engineer);
    await expect.poll(() => points("outline").length, { timeout: 20_000 }).toBe(4);
  });

  it("a screw placed in 3D is turned away with the head: faint, and the pointer goes through it to turn on", async () => {
    await surgeon.selectOption("[data-parameter=fixation] select", '"tabs"');
    await surgeon.click("[data-points=fixationPoints] button[aria-pressed]");
    await surgeon.mouse.click(...await placeIn3d(surgeon, 0.5, 0.35));
    await expect.poll(() => points("fixationPoints").length, { timeout: 20_000 }).toBe(1);
    expect(isOnBone(points("fixationPoints")[0].at)).toBe(true);
    await surgeon.click("[data-points=fixationPoints] button[aria-pressed]");
    await surgeon.keyboard.press("Control+k");
    await surgeon.keyboard.type("3D From the back");
    await surgeon.keyboard.press("Enter");
    await expect.poll(() => handle(surgeon, "Screw 1").evaluate((element) => getComputedStyle(element).pointerEvents)).toBe("none");
    // The keys still move it, over the side that it lies on.
    const middle = room.grid.origin[1] + room.grid.spacing[1] * room.grid.dims[1] / 2, [before] = points("fixationPoints");
    await handle(surgeon, "Screw 1").focus();
    await surgeon.keyboard.press("Shift+ArrowLeft");
    await expect.poll(() => points("fixationPoints")[0].at.join(), { timeout: 20_000 }).not.toBe(before.at.join());
    expect(points("fixationPoints")[0].at[1]).toBeGreaterThan(middle);
    await shot(surgeon, "handles3d-behind");
  });
});

describe("a cut on the surfaces", () => {
  it("is seen by the others while it is drawn, over the same bone, also from elsewhere; and no longer once it is dropped", async () => {
    await engineer.click("#tab-segments");
    await engineer.keyboard.press("l");
    await engineer.click("[data-shape=rectangle]");
    await engineer.mouse.move(...await placeIn3d(engineer, 0.45, 0.3));
    await engineer.mouse.down();
    await engineer.mouse.move(...await placeIn3d(engineer, 0.6, 0.45), { steps: 4 });
    const own = await engineer.locator(`${pane} [data-outline=rectangle]`).boundingBox(), theirs = viewer.locator(`${pane} [data-peer-outline-3d=demo-engineer] [data-outline]`);
    await theirs.waitFor();
    // The same camera and the same size of window: the same place, to a voxel's face at the rim.
    const off = async () => {
      const box = await theirs.boundingBox(), [mine, yours] = [await placeIn3d(engineer, 0, 0), await placeIn3d(viewer, 0, 0)];
      if (!box || !own) return Infinity;
      return Math.max(...[box.x - yours[0] - own.x + mine[0], box.y - yours[1] - own.y + mine[1], box.width - own.width, box.height - own.height].map(Math.abs));
    };
    await expect.poll(off, { timeout: 20_000 }).toBeLessThan(4);
    await expect.poll(() => viewer.textContent(`${pane} [data-peer-outline-3d]`)).toContain("Elin Berg · cut");
    await shot(viewer, "peer-cut3d");
    await viewer.locator(pane).focus();
    await viewer.keyboard.press("ArrowLeft");
    await expect.poll(off, { timeout: 20_000 }).toBeGreaterThan(4);
    expect(await theirs.count()).toBe(1);
    await engineer.keyboard.press("Escape");
    await engineer.mouse.up();
    await expect.poll(() => theirs.count(), { timeout: 20_000 }).toBe(0);
  });
});
