import { gzipSync } from "fflate";
import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { denseLabels } from "../../core/mask/labelmap.ts";
import { headCt } from "../../core/phantom/headCt.ts";
import type { Grid } from "../../core/space/grid.ts";
import { encodeNifti } from "../../core/volume/nifti.ts";
import { HeadlessRoom, signInHeadless } from "../support/headlessPerson.ts";
import { startMadeDemo } from "../support/madeDemo.ts";
import type { Product } from "../support/product.ts";
import { until } from "../support/until.ts";

let product: Product, browser: Browser, page: Page, caseId: string, grid: Grid, peer: HeadlessRoom;
const saved = () => page.waitForSelector('[data-room][data-saved=true][data-unsaved="0"]', { timeout: 20_000 });
const shot = async (name: string) => { if (process.env.SHOT_DIR) await page.screenshot({ path: `${process.env.SHOT_DIR}/${name}.png` }); };
/** The mask as a peer has it, when both agree. */
async function mask(): Promise<Uint8Array> {
  await saved();
  await expect.poll(async () => peer.fold.hash() === await page.getAttribute("[data-room]", "data-mask-hash"), { timeout: 20_000 }).toBe(true);
  return denseLabels(peer.fold.labelmap());
}
/** Waits until the mask differs from what it was. @returns it */
async function changedFrom(before: Uint8Array): Promise<Uint8Array> {
  await expect.poll(() => Buffer.compare(denseLabels(peer.fold.labelmap()), before), { timeout: 20_000 }).not.toBe(0);
  return mask();
}
const undo = async (from: Uint8Array) => { await page.click('button[aria-label="Undo"]'); return changedFrom(from); };
const place = (i: number) => [i % grid.dims[0], Math.floor(i / grid.dims[0]) % grid.dims[1], Math.floor(i / grid.dims[0] / grid.dims[1])];
const differing = (a: Uint8Array, b: Uint8Array) => [...a.keys()].filter((i) => a[i] !== b[i]);
async function boxOf(selector: string): Promise<{ at(u: number, v: number): [number, number] }> {
  const box = await page.locator(selector).boundingBox();
  if (!box) throw new Error(`no ${selector}`);
  return { at: (u, v) => [Math.round(box.x + u * box.width), Math.round(box.y + v * box.height)] };
}
const axial = () => boxOf("[data-tile=axial]");
async function dragged(from: [number, number], to: [number, number]): Promise<void> {
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(...to, { steps: 5 });
  await page.mouse.up();
}
const choose = (shape: string) => page.click(`[data-shape=${shape}]`);
const option = (label: string, value: string) => page.getByRole("combobox", { name: label }).selectOption(value);

describe("drawing tools in a room", () => {
  beforeAll(async () => {
    product = await startMadeDemo();
    const person = await signInHeadless(product.origin, "demo-engineer");
    const ct = headCt(5, [64, 64, 50]), file = gzipSync(encodeNifti({ grid: ct.grid, data: ct.hu }), { level: 1 });
    const { id } = await person.mutate<{ id: string }>("uploads.start", { totalBytes: file.length, options: {} });
    await person.ask(`/api/uploads/${id}/file?name=0.nii.gz&offset=0`, { method: "PUT", body: new Uint8Array(file), headers: { "content-type": "application/octet-stream" } });
    await person.mutate("uploads.finish", { id });
    caseId = await until("imported", async () => (await person.query<{ caseId: string | null }>("uploads.get", { id })).caseId ?? false, 60_000);
    grid = await until("its grid", async () => (await person.query<{ grid: Grid | null }>("cases.get", { caseId })).grid ?? false);
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
    page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await page.goto(`${product.origin}/sign-in`);
    await page.click("[data-person=engineer]");
    await page.waitForSelector("tr[data-case]");
    await page.goto(`${product.origin}/cases/${caseId}`);
    await page.waitForSelector("[data-room][data-ready=true]", { timeout: 120_000 });
    peer = new HeadlessRoom(product.origin, await signInHeadless(product.origin, "demo-surgeon"), caseId, grid);
    await until("joined", () => peer.isSynced);
    await page.waitForSelector('[data-segment="1"]');
  });
  afterAll(async () => {
    peer?.close();
    await browser?.close();
    await product?.stop();
  });

  it("MK9: a polygon by clicks, its corners moved and taken back before it is closed, holds what a rectangle of the same corners holds", async () => {
    const tile = await axial(), corners: [number, number][] = [tile.at(0.4, 0.4), tile.at(0.6, 0.4), tile.at(0.6, 0.62), tile.at(0.4, 0.62)], before = await mask();
    await page.keyboard.press("d");
    await choose("polygon");
    const count = (n: number) => page.waitForSelector(`[data-outline=polygon][data-corners="${n}"]`);
    // The second corner is set elsewhere first, and moved; one too many is taken back.
    for (const p of [corners[0], tile.at(0.66, 0.3), corners[2]]) await page.mouse.click(...p);
    await count(3);
    await page.waitForTimeout(500);
    await dragged(tile.at(0.66, 0.3), corners[1]);
    await page.mouse.click(...tile.at(0.7, 0.7));
    await count(4);
    await page.keyboard.press("Backspace");
    await count(3);
    await page.waitForTimeout(500);
    await shot("polygon");
    await page.mouse.dblclick(...corners[3]);
    const drawn = await changedFrom(before), inside = differing(drawn, before);
    expect(inside.length).toBeGreaterThan(80);
    expect(await page.locator("[data-outline]").count()).toBe(0);
    expect(await undo(drawn)).toEqual(before);
    await choose("rectangle");
    await dragged(corners[0], corners[2]);
    expect(await changedFrom(before)).toEqual(drawn);
    // Escape drops a polygon, and the tool stays; Enter closes one.
    await choose("polygon");
    for (const p of corners) { await page.mouse.click(...p); await page.waitForTimeout(50); }
    await page.keyboard.press("Escape");
    await expect.poll(() => page.locator("[data-outline]").count()).toBe(0);
    expect(await mask()).toEqual(drawn);
    for (const p of [tile.at(0.3, 0.3), tile.at(0.38, 0.3), tile.at(0.34, 0.38)]) await page.mouse.click(...p);
    await page.keyboard.press("Enter");
    const more = await changedFrom(drawn);
    await undo(await undo(more));
  });

  it("MK10: level tracing shows the edge under the pointer as it moves and fills it with a click", async () => {
    const tile = await axial(), before = await mask();
    await page.keyboard.press("h");
    await page.mouse.move(...tile.at(0.5, 0.5));
    await page.waitForSelector("[data-outline=edge]");
    const line = () => page.getAttribute("[data-outline=edge]", "points"), first = await line();
    await page.mouse.move(...tile.at(0.5, 0.57), { steps: 4 });
    await expect.poll(line).not.toBe(first);
    await shot("levelTracing");
    await page.mouse.down();
    await page.mouse.up();
    const filled = await changedFrom(before);
    expect(new Set(differing(filled, before).map((i) => place(i)[2])).size).toBe(1);
    expect(await undo(filled)).toEqual(before);
    await page.keyboard.press("Escape");
  });

  it("MK9: scissors fill and cut circles and rectangles to a depth, from the slice toward the viewer and away", async () => {
    const tile = await axial(), before = await mask(), slice = Number((await page.textContent("[data-tile=axial] p"))?.match(/· (\d+) \//)?.[1]) - 1;
    await page.keyboard.press("l");
    await choose("circle");
    await option("What to cut", "fillInside");
    await option("How deep", "symmetric");
    await page.getByRole("spinbutton", { name: "Depth to each side, mm" }).fill("40");
    await dragged(tile.at(0.5, 0.5), tile.at(0.5, 0.72));
    const filled = await changedFrom(before), slices = new Set(differing(filled, before).map((i) => place(i)[2]));
    const reach = Math.floor(40 / grid.spacing[2] + 1e-9);
    expect([Math.min(...slices), Math.max(...slices)]).toEqual([Math.max(0, slice - reach), Math.min(grid.dims[2] - 1, slice + reach)]);
    await shot("scissors");
    // Radiologists look from below: toward the viewer is down.
    await choose("rectangle");
    await option("What to cut", "eraseInside");
    for (const [depth, isTaken] of [["toward", (z: number) => z <= slice], ["away", (z: number) => z >= slice]] as const) {
      await option("How deep", depth);
      await dragged(tile.at(0.45, 0.45), tile.at(0.55, 0.55));
      const cut = await changedFrom(filled), gone = new Set(differing(cut, filled).map((i) => place(i)[2]));
      expect([...slices].sort((a, b) => a - b).filter(isTaken)).toEqual([...gone].sort((a, b) => a - b));
      expect(await undo(cut)).toEqual(filled);
    }
    await page.keyboard.press("Escape");
  });

  it("MK9: a cut on the surfaces takes what lies under it on the screen: the patient's right from the front, and only the front to a depth", async () => {
    const before = await mask(), pane = "section[aria-label='Surfaces in 3D']";
    await page.keyboard.press("Control+k");
    await page.keyboard.type("3D From the front");
    await page.keyboard.press("Enter");
    await page.waitForSelector(`${pane}[data-surface-state=current]`, { timeout: 60_000 });
    await page.keyboard.press("l");
    await choose("rectangle");
    await option("What to cut", "eraseInside");
    await option("How deep", "unlimited");
    const view = await boxOf(pane);
    await page.mouse.move(...view.at(0.02, 0.05));
    await page.mouse.down();
    await page.mouse.move(...view.at(0.5, 0.97), { steps: 5 });
    await page.waitForSelector(`${pane} [data-outline=rectangle]`);
    await shot("cut3d");
    await page.mouse.up();
    const half = await changedFrom(before), left = [...half.keys()].filter((i) => half[i] === 1).map((i) => place(i)[0]), gone = differing(half, before).map((i) => place(i)[0]);
    // x grows to the patient's right, which is at the left of the screen; the cut runs through one column.
    expect(Math.min(...gone)).toBeGreaterThan(Math.max(...left) - 2);
    expect(gone.length / (gone.length + left.length)).toBeGreaterThan(0.4);
    expect(gone.length / (gone.length + left.length)).toBeLessThan(0.6);
    await page.waitForSelector(`${pane}[data-surface-state=current]`, { timeout: 60_000 });
    await shot("cut3dAfter");
    expect(await undo(half)).toEqual(before);
    await page.waitForSelector(`${pane}[data-surface-state=current]`, { timeout: 60_000 });
    await choose("circle");
    await option("How deep", "symmetric");
    await page.getByRole("spinbutton", { name: "Depth to each side, mm" }).fill("9");
    await dragged(view.at(0.5, 0.5), view.at(0.5, 0.55));
    const dent = await changedFrom(before), taken = differing(dent, before).map((i) => place(i)[1]), front = Math.max(...[...before.keys()].filter((i) => before[i] === 1).map((i) => place(i)[1]));
    // y grows to the front; the surface there is the foremost of the cylinder, give or take its roundness.
    expect(Math.max(...taken)).toBeGreaterThanOrEqual(front - 1);
    expect((front - Math.min(...taken)) * grid.spacing[1]).toBeLessThan(9 + 3 * grid.spacing[1]);
    expect(await undo(dent)).toEqual(before);
    // A free line over nothing says so.
    await choose("rectangle");
    await dragged(view.at(0.01, 0.12), view.at(0.05, 0.16));
    await expect.poll(() => page.textContent("body")).toMatch(/no surface under the shape|Nothing was erased/);
    await page.keyboard.press("Escape");
  });

  it("the surfaces are cut by keys as by the mouse; the mark says where it is, an island is picked at it, and who draws near there is told", async () => {
    const before = await mask(), pane = "section[aria-label='Surfaces in 3D']", said = () => page.textContent("[data-announcer]");
    const fromTheFront = async (one: Page) => {
      await one.keyboard.press("Control+k");
      await one.keyboard.type("3D From the front");
      await one.keyboard.press("Enter");
      await one.waitForSelector(`${pane}[data-surface-state=current]`, { timeout: 60_000 });
    };
    /** Moves the mark by an arrow, in steps of 4 pixels; farther than the pane is wide or high it stays at the edge. */
    const goBy = async (way: "Up" | "Down" | "Left" | "Right", steps = 400) => {
      for (let n = 0; n < Math.floor(steps / 10); n++) await page.keyboard.press(`Shift+Arrow${way}`);
      for (let n = 0; n < steps % 10; n++) await page.keyboard.press(`Arrow${way}`);
    };
    const { at } = await boxOf(pane), halfWay = Math.round((at(1, 0)[0] - at(0, 0)[0]) / 8);
    await fromTheFront(page);
    await page.keyboard.press("l");
    await choose("polygon");
    await option("What to cut", "eraseInside");
    await option("How deep", "unlimited");
    await page.focus(pane);
    await goBy("Up");
    await page.keyboard.press("Enter");
    await expect.poll(said).toMatch(/^Corner 1 is set/);
    await goBy("Left");
    await expect.poll(said).toBe("Beside the surfaces, 0 % across, 0 % down.");
    await page.keyboard.press("Enter");
    await goBy("Down");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Backspace");
    await expect.poll(said).toBe("The last corner is taken back.");
    await page.keyboard.press("Enter");
    await expect.poll(said).toMatch(/^Corner 3 is set/);
    await goBy("Right", halfWay);
    await expect.poll(said).toBe("Beside the surfaces, 50 % across, 100 % down.");
    await page.keyboard.press("Enter");
    await page.waitForSelector(`${pane} [data-outline=polygon][data-corners="4"]`);
    await page.waitForSelector(`${pane} [data-surface-mark]`);
    await shot("cut3dByKeys");
    await page.keyboard.press("Enter");
    await expect.poll(said).toBe("The outline is closed.");
    // x grows to the patient's right, which is at the left of the screen.
    const half = await changedFrom(before), left = [...half.keys()].filter((i) => half[i] === 1).map((i) => place(i)[0]), gone = differing(half, before).map((i) => place(i)[0]);
    expect(Math.min(...gone)).toBeGreaterThan(Math.max(...left) - 3);
    expect(gone.length / (gone.length + left.length)).toBeGreaterThan(0.4);
    expect(gone.length / (gone.length + left.length)).toBeLessThan(0.6);
    expect(await undo(half)).toEqual(before);
    await page.waitForSelector(`${pane}[data-surface-state=current]`, { timeout: 60_000 });

    // Somebody else is about to cut there, with no slice under the pointer.
    const other = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage(), notice = page.locator("[data-nearby]");
    await other.goto(`${product.origin}/sign-in`);
    await other.click("[data-person=segmentationSpecialist]");
    await other.waitForSelector("tr[data-case]");
    await other.goto(`${product.origin}/cases/${caseId}`);
    await other.waitForSelector("[data-room][data-ready=true]", { timeout: 120_000 });
    await fromTheFront(other);
    await other.keyboard.press("l");
    const box = await other.locator(pane).boundingBox();
    if (!box) throw new Error("no surfaces");
    await other.mouse.move(box.x + 0.5 * box.width, box.y + 0.5 * box.height, { steps: 3 });
    await page.focus(pane);
    await page.keyboard.press("ArrowUp");
    await expect.poll(() => notice.count(), { timeout: 20_000 }).toBe(1);
    expect(await notice.textContent()).toMatch(/ within 10 mm$/);
    await shot("near3d");
    await goBy("Left");
    await expect.poll(() => notice.count(), { timeout: 20_000 }).toBe(0);
    await other.context().close();
    await expect.poll(said, { timeout: 20_000 }).toMatch(/ left\.$/); // said late, over what the next key says

    await page.keyboard.press("i");
    await page.focus(pane);
    await goBy("Right", halfWay);
    await page.keyboard.press("Enter");
    await expect.poll(said).toMatch(/^The crosshair is on (?!a surface)/);
    await page.keyboard.press("Escape");
  });

  it("accepts what is proposed under the brush and leaves the rest proposed; one undo takes it back; discarding takes it away", async () => {
    // A box is proposed by a peer around the middle.
    const rows = Uint16Array.from({ length: 2 * 20 * 20 }, (_, n) => { const row = n >> 1, y = 6 + (row % 20), z = 6 + Math.floor(row / 20); return n % 2 ? 20 : 6 + 32 * (y + 32 * z); });
    await until("synced", () => peer.isSynced);
    peer.author.draw(1, [{ brick: 0, runs: rows }], "proposal");
    await page.waitForSelector("[data-proposal]", { timeout: 20_000 });
    const proposedCount = () => peer.fold.voxelCounts("proposal").get(1) ?? 0, all = proposedCount(), before = await mask();
    expect(all).toBe(8000);
    // To the middle of the box, by the link of a point.
    const middle = [16, 16, 16].map((n, a) => (grid.origin[a] + grid.spacing[a] * n).toFixed(1)).join(",");
    await page.goto(`${product.origin}/cases/${caseId}?at=${middle}`);
    await page.waitForSelector("[data-room][data-ready=true]", { timeout: 120_000 });
    await page.keyboard.press("a");
    await page.getByRole("button", { name: "Ball, 3D" }).click();
    await page.locator("[data-stage]").focus();
    await page.keyboard.press("Enter");
    const some = await changedFrom(before), taken = differing(some, before).length;
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(2000);
    await expect.poll(proposedCount).toBe(all - [...some.keys()].filter((i) => some[i] === 1 && isNear(i)).length);
    await shot("accept");
    expect(await undo(some)).toEqual(before);
    await expect.poll(proposedCount).toBe(all);
    await page.click("[data-settling=discard]");
    await page.locator("[data-stage]").focus();
    await page.keyboard.press("Enter");
    await expect.poll(proposedCount, { timeout: 20_000 }).toBeLessThan(all);
    expect(await mask()).toEqual(before);
  });

  it("who may not draw sees the tools disabled with the reason", async () => {
    const other = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await other.goto(`${product.origin}/sign-in`);
    await other.click("[data-person=reviewer]");
    await other.waitForSelector("tr[data-case]");
    await other.goto(`${product.origin}/cases/${caseId}`);
    await other.waitForSelector("[data-room][data-ready=true]", { timeout: 120_000 });
    for (const name of ["Draw outline", "Level tracing", "Scissors", "Accept with a brush"]) {
      const button = other.getByRole("button", { name, exact: true });
      expect(await button.isDisabled()).toBe(true);
      expect(await button.getAttribute("title")).toContain("Your role in this case may look, not draw.");
    }
    // What is left of the proposal, undo and the segments' own controls say why as well.
    for (const name of ["Undo", "Accept", "Discard"]) expect(await other.getByRole("button", { name, exact: true }).getAttribute("title"), name).toContain("Your role in this case may look, not draw.");
    const lock = other.getByRole("button", { name: /^(Lock|Unlock) / }).first();
    expect([await lock.isDisabled(), await lock.getAttribute("title")]).toEqual([true, "Your role in this case may look at segments, not change them."]);
    await other.context().close();
  });

  it("a list that was chosen from by the mouse gives the keys back to the room; one worked by keys keeps them", async () => {
    const layout = page.locator("#room-layout");
    await layout.focus();
    await layout.press("ArrowDown");
    expect(await layout.evaluate((element) => document.activeElement === element)).toBe(true);
    // What a click on a list does; the list itself is drawn by the system, out of a test's reach.
    await layout.dispatchEvent("pointerdown");
    await page.selectOption("#room-layout", "four");
    await page.keyboard.press("e");
    expect(await page.getAttribute("button[aria-label='Erase']", "aria-pressed")).toBe("true");
  });
});

/** Whether a voxel lies within the default brush of the box's middle. */
function isNear(index: number): boolean {
  const ijk = place(index), radiusMm = Math.max(3, 2 * Math.min(...grid.spacing));
  const mm = ijk.map((n, a) => (n - 16) * grid.spacing[a]);
  return mm[0] * mm[0] + mm[1] * mm[1] + mm[2] * mm[2] <= radiusMm * radiusMm + 1e-9;
}
