import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { areaMm2, lengthMm, type Measurement } from "../../core/draft/measurements.ts";
import { measurementsOf, sectionsOf } from "../../core/draft/planDoc.ts";
import { ijkPoint, ijkToRas } from "../../core/space/grid.ts";
import { HeadlessPlan } from "../support/headlessPlan.ts";
import { HeadlessRoom, signInHeadless } from "../support/headlessPerson.ts";
import { labelRuns } from "../support/labelRuns.ts";
import { until } from "../support/until.ts";
import { DrawingRoom } from "./drawingRoom.ts";
import { expectAccessible } from "./uiPage.ts";

type Vec = readonly [number, number, number];
let room: DrawingRoom, engineer: Page, surgeon: Page, plan: HeadlessPlan, masks: HeadlessRoom, centres: readonly [Vec, Vec];
const pane = "section[aria-label='Surfaces in 3D']";
/** Radii of the two balls that are drawn beside each other, the left one and the right one of the patient, mm. */
const radii = [30, 20] as const;
/** A voxel's diagonal: no surface of a mask lies farther off. */
let voxelMm = 0;
/** A place for pictures of what the test saw; none by default. */
const shot = async (page: Page, name: string) => { if (process.env.SHOT_DIR) await page.screenshot({ path: `${process.env.SHOT_DIR}/${name}.png` }); };
const ofKind = (kind: Measurement["kind"]) => measurementsOf(plan.doc).filter((one) => one.kind === kind);
const value3d = (page: Page, kind: string) => page.locator(`${pane} [data-measurement-3d=${kind}] text`).allTextContents();

async function placeIn3d(page: Page, u: number, v: number): Promise<[number, number]> {
  const box = await page.locator(pane).boundingBox();
  if (!box) throw new Error("no 3D view");
  return [box.x + u * box.width, box.y + v * box.height];
}

beforeAll(async () => {
  room = await DrawingRoom.open();
  engineer = room.page;
  surgeon = await DrawingRoom.enter(room.product, room.browser, room.caseId, "surgeon");
  const { grid } = room, [nx, ny, nz] = grid.dims, person = await signInHeadless(room.product.origin, "demo-engineer");
  voxelMm = Math.hypot(...grid.spacing);
  for (const name of ["Left ball", "Right ball"].slice((await person.query<unknown[]>("segments.list", { caseId: room.caseId })).length)) await person.mutate("segments.add", { caseId: room.caseId, name, color: "#e0b36a" });
  const [left, right] = [0.27, 0.73].map((share): Vec => ijkToRas(grid, ijkPoint(Math.round(share * nx), Math.round(ny / 2), Math.round(nz / 2))));
  centres = [left, right];
  const labels = Uint8Array.from({ length: nx * ny * nz }, (_, i) => {
    const at = ijkToRas(grid, ijkPoint(i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))));
    return centres.findIndex((centre, ball) => lengthMm(at, centre) < radii[ball]) + 1;
  });
  plan = await HeadlessPlan.join(room.product.origin, person, room.caseId);
  masks = new HeadlessRoom(room.product.origin, person, room.caseId, grid);
  await until("joined", () => plan.isSynced && masks.isSynced);
  for (const value of [1, 2]) masks.author.draw(value, labelRuns(grid, labels, value));
  for (const page of [engineer, surgeon]) {
    page.setDefaultTimeout(30_000);
    await page.waitForSelector(`${pane}[data-surface-state=current][data-live=made]`, { timeout: 120_000 });
    await page.keyboard.press("Control+k");
    await page.keyboard.type("3D From the front");
    await page.keyboard.press("Enter");
  }
});
afterAll(async () => {
  plan?.close();
  masks?.close();
  await room?.close();
});

describe("measuring on surfaces", () => {
  it("a ruler by two clicks on surfaces is as long as its points lie apart, each on the surface that is seen there; a click beside them sets none, a drag turns", async () => {
    await engineer.locator("[data-stage]").focus();
    await engineer.keyboard.press("r");
    await engineer.waitForSelector(`${pane} [data-measure-3d=true]`);
    await shot(engineer, "before");
    await engineer.mouse.click(...await placeIn3d(engineer, 0.03, 0.97));
    await expect.poll(() => engineer.textContent("[data-notice]")).toContain("No surface is seen there.");
    expect(ofKind("ruler")).toEqual([]);
    for (const u of [0.75, 0.19]) await engineer.mouse.click(...await placeIn3d(engineer, u, 0.5));
    await expect.poll(() => ofKind("ruler").map(({ points }) => points.length)).toEqual([2]);
    const [{ points, value }] = ofKind("ruler"), at = points.map((point) => point.at);
    expect(value).toBeCloseTo(lengthMm(at[0], at[1]), 9);
    // From the front the left ball is on the right of the picture; the points lie on the balls, on the side that is seen.
    for (const ball of [0, 1]) {
      expect(Math.abs(lengthMm(at[ball], centres[ball]) - radii[ball])).toBeLessThan(voxelMm / 2);
      expect(at[ball][1]).toBeGreaterThan(centres[ball][1]);
    }
    for (const page of [engineer, surgeon]) await expect.poll(() => value3d(page, "ruler")).toEqual([`${value?.toFixed(1)} mm`]);
    const before = await engineer.locator(`${pane} [data-measurement-3d=ruler] path`).getAttribute("d");
    await engineer.mouse.move(...await placeIn3d(engineer, 0.4, 0.85));
    await engineer.mouse.down();
    await engineer.mouse.move(...await placeIn3d(engineer, 0.55, 0.85), { steps: 4 });
    await engineer.mouse.up();
    await expect.poll(() => engineer.locator(`${pane} [data-measurement-3d=ruler] path`).getAttribute("d")).not.toBe(before);
    expect(ofKind("ruler").flatMap((one) => one.points)).toHaveLength(2);
    await expectAccessible(engineer, "a ruler in 3D");
    await shot(engineer, "ruler3d");
  });

  it("an area drawn by hand in a slice is that of the line, for everybody; undo takes it out whole", async () => {
    const box = await engineer.locator("[data-tile=axial]").boundingBox();
    if (!box) throw new Error("no axial view");
    await engineer.locator("[data-stage]").focus();
    // A line of known length in pixels tells the scale.
    const there = new Set(ofKind("ruler").map(({ id }) => id));
    await engineer.keyboard.press("r");
    const across = 0.4 * box.width, radius = 0.15 * box.width, [cx, cy] = [box.x + box.width / 2, box.y + box.height / 2];
    await engineer.mouse.move(cx - across / 2, cy);
    await engineer.mouse.down();
    await engineer.mouse.move(cx + across / 2, cy, { steps: 6 });
    await engineer.mouse.up();
    const inSlice = () => ofKind("ruler").find(({ id }) => !there.has(id))?.value ?? 0;
    await expect.poll(inSlice).toBeGreaterThan(0);
    const scale = inSlice() / across;
    await engineer.keyboard.press("u");
    await engineer.mouse.move(cx + radius, cy);
    await engineer.mouse.down();
    const steps = 48;
    for (let n = 1; n < steps; n++) await engineer.mouse.move(cx + radius * Math.cos((2 * Math.PI * n) / steps), cy + radius * Math.sin((2 * Math.PI * n) / steps));
    await engineer.mouse.up();
    await expect.poll(() => ofKind("area").map((one) => one.points.length > 20)).toEqual([true]);
    const [{ points, value }] = ofKind("area"), polygon = (steps / 2) * Math.sin((2 * Math.PI) / steps) * (radius * scale) * (radius * scale);
    expect(value).toBeCloseTo(areaMm2(points.map(({ at }) => at)), 9);
    // What the browser rounds to whole pixels is half a pixel at the line.
    expect(Math.abs((value ?? 0) / polygon - 1)).toBeLessThan(0.02);
    for (const page of [engineer, surgeon]) await expect.poll(() => page.locator("[data-tile=axial] [data-measurement=area]").innerText()).toContain(`${value?.toFixed(1)} mm²`);
    await shot(engineer, "drawnArea");
    await engineer.click("#tab-implant");
    await engineer.click('button[aria-label="Undo your last change of the plan"]');
    await expect.poll(() => ofKind("area").length).toBe(0);
    await expect.poll(() => surgeon.locator("[data-tile=axial] [data-measurement=area]").count()).toBe(0);
  });

  it("the graph's panel tells of each surface its volume and area, how far it lies off the mask, and that it is sound", async () => {
    await engineer.click("#tab-builds");
    for (const [i, radius] of radii.entries()) {
      const segment = engineer.locator("#side-panel section").nth(i), row = (name: string) => segment.locator("dl > div").filter({ has: engineer.getByText(name, { exact: true }) }).locator("dd").innerText();
      await segment.locator("[data-step=soundness][data-step-state=current] [data-soundness]").waitFor({ timeout: 60_000 });
      expect(Math.abs(Number.parseFloat(await row("Volume")) / ((4 / 3) * Math.PI * radius ** 3 / 1000) - 1)).toBeLessThan(0.05);
      expect(Math.abs(Number.parseFloat(await row("Area")) / (4 * Math.PI * radius ** 2 / 100) - 1)).toBeLessThan(0.1);
      expect(await row("Volume beside the mask's")).toMatch(/^[+−]0\.\d\d %$/);
      const off = (await row("Off the mask: mean, p95, max")).split(",").map(Number.parseFloat);
      expect([off.length, off[0] > 0, off[0] <= off[1], off[1] <= off[2], off[2] < voxelMm]).toEqual([3, true, true, true, true]);
      for (const name of ["Open edges", "Non-manifold edges", "Non-manifold vertices", "Self-intersections", "Triangles without area", "Shells inside out"]) expect([name, await row(name)]).toEqual([name, "0"]);
      expect(await row("Components")).toBe("1");
      // Of what, in which version, how long, and whose change.
      const step = await segment.locator("[data-step=surface]").innerText();
      for (const said of [/surface@\d+/, /of the bricks above/, /\d\.\d s/, /for what .+ drew/]) expect(step).toMatch(said);
    }
    await engineer.click("#tab-segments");
  });

  it("PL6: the sections of both balls by a slice are circles, for everybody, in slice and 3D; by a ruler's plane too; a stroke makes one out of date, measured again it is current", async () => {
    await engineer.keyboard.press("Escape");
    await engineer.click("#tab-segments");
    const panel = engineer.locator("section[aria-label='Sections of surfaces']"), measured = () => sectionsOf(plan.doc), measure = panel.locator("button:has-text('Measure the section')");
    await engineer.goto(`${engineer.url().split("?")[0]}?at=${centres[0].join(",")}`);
    await engineer.waitForSelector(`${pane}[data-surface-state=current][data-live=made]`, { timeout: 120_000 });
    await measure.click();
    await expect.poll(() => measured().length, { timeout: 30_000 }).toBe(2);
    for (const [ball, radius] of radii.entries()) {
      const one = measured().find(({ source }) => source === `segment/${ball + 1}`)!, off = one.plane.at[2] - centres[ball][2], circle = radius * radius - off * off;
      expect(Math.abs(one.areaMm2! / (Math.PI * circle) - 1)).toBeLessThan(0.05);
      expect(Math.abs(one.lengthMm / (2 * Math.PI * Math.sqrt(circle)) - 1)).toBeLessThan(0.06);
      await expect.poll(() => engineer.locator("[data-tile=axial] [data-section-label]").allInnerTexts().then((all) => all.join())).toContain(`${one.areaMm2!.toFixed(1)} mm²`);
    }
    await expect.poll(() => engineer.locator(`${pane} [data-section-3d=current]`).count()).toBe(2);
    expect(await engineer.locator("[data-tile=coronal] [data-section-label]").count()).toBe(0);
    await surgeon.click("#tab-segments");
    await expect.poll(() => surgeon.locator("[data-section=current]").count()).toBe(2);
    await expectAccessible(engineer, "sections");
    await shot(engineer, "sections");
    // A plane across the ruler, which ends on the two balls, lies between them.
    await panel.locator("[data-section-plane]").selectOption({ label: "Across «Length», in its middle" });
    await measure.click();
    await expect.poll(() => panel.locator("[role=alert]").innerText()).toContain("does not meet");
    expect(measured()).toHaveLength(2);
    const { grid } = room, [nx, ny, nz] = grid.dims, dot = new Uint8Array(nx * ny * nz), before = measured().find(({ source }) => source === "segment/1")!;
    dot[Math.round(0.27 * nx) + nx * (Math.round(ny / 2) + ny * Math.round(nz / 2))] = 1;
    masks.author.draw(0, labelRuns(grid, dot, 1));
    await engineer.waitForSelector("[data-section=old]:has-text('Out of date')", { timeout: 60_000 });
    const again = engineer.locator("[data-section] button[aria-label$=' again']").first();
    // While an earlier state is still being settled the surface before the stroke may be current for a moment.
    const isMeasuredAnew = () => measured().some(({ id, key }) => id === before.id && key !== before.key);
    await expect.poll(async () => {
      if (await again.count() > 0) await again.click({ timeout: 1000 }).catch(() => undefined);
      return [isMeasuredAnew(), await engineer.locator("[data-section=old]").count()];
    }, { timeout: 60_000 }).toEqual([true, 0]);
    const after = measured().find(({ id }) => id === before.id)!;
    // The voxel taken out in the middle is a hole: less area, more outline.
    expect([after.areaMm2! < before.areaMm2!, after.lengthMm > before.lengthMm]).toEqual([true, true]);
    await panel.locator("button[aria-label^='Take out']").first().click();
    await expect.poll(() => measured().length).toBe(1);
  });

  it("the distance from one segment's surface to another's, with a map on the first; a stroke in it makes it out of date", async () => {
    await engineer.keyboard.press("Escape");
    await engineer.click("#tab-segments");
    const names = await engineer.locator("[data-distance='0'] option").allInnerTexts();
    for (const i of [0, 1]) await engineer.locator(`[data-distance='${i}']`).selectOption({ label: names[i] });
    await engineer.click("section[aria-label='Distance between surfaces'] button:has-text('Measure')");
    const result = engineer.locator("[data-distance-result]");
    await result.waitFor({ timeout: 60_000 });
    const [mean, , most] = (await result.locator("tbody tr").first().locator("td").allInnerTexts()).map(Number), apart = lengthMm(centres[0], centres[1]), [one, other] = radii;
    // Over a ball the mean distance to a point outside is D + r²/3D.
    expect(Math.abs(mean - (apart + (one * one) / (3 * apart) - other))).toBeLessThan(0.5);
    expect(Math.abs(most - (apart + one - other))).toBeLessThan(voxelMm / 2);
    await expect.poll(() => engineer.locator(pane).getAttribute("data-solo")).toMatch(/^distance:/);
    expect(await engineer.locator("[data-map-legend=solo]").innerText()).toContain(`${names[0]} to ${names[1]}, mm`);
    expect(await surgeon.locator(pane).getAttribute("data-solo")).toBe("");
    await shot(engineer, "segmentDistance");
    const { grid } = room, [nx, ny, nz] = grid.dims, dot = new Uint8Array(nx * ny * nz);
    dot[Math.round(0.27 * nx) + 2 + nx * (Math.round(ny / 2) + ny * Math.round(nz / 2))] = 1;
    masks.author.draw(0, labelRuns(grid, dot, 1));
    await engineer.waitForSelector("[data-distance-result]:has-text('Out of date')", { timeout: 60_000 });
  });
});
