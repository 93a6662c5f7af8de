import { gzipSync } from "fflate";
import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromDense, labelmapHash } from "../../core/mask/labelmap.ts";
import { decodeMark } from "../../core/mask/mark.ts";
import { decodeStroke } from "../../core/mask/stroke.ts";
import { headCt } from "../../core/phantom/headCt.ts";
import { type Grid, rasPoint, rasToIjk } from "../../core/space/grid.ts";
import { encodeNifti } from "../../core/volume/nifti.ts";
import { foldDense, type OracleEntry } from "../support/denseOracle.ts";
import { HeadlessRoom, signInHeadless, type HeadlessPerson } from "../support/headlessPerson.ts";
import { startMadeDemo } from "../support/madeDemo.ts";
import type { Product } from "../support/product.ts";
import { until } from "../support/until.ts";
import { DrawingRoom } from "./drawingRoom.ts";

let product: Product, browser: Browser, witness: HeadlessRoom, decoder: Page, caseId: string, grid: Grid;

const openRoom = (person: string) => DrawingRoom.enter(product, browser, caseId, person);
const axialBox = async (page: Page) => {
  const box = await page.locator("[data-tile=axial]").boundingBox();
  if (!box) throw new Error("no axial view");
  return box;
};
const saved = (page: Page) => page.waitForSelector('[data-room][data-saved=true][data-unsaved="0"]', { timeout: 20_000 });

/** Draws with a segment from one point of the axial view to another, in shares of its size. */
async function draw(page: Page, segment: number, from: readonly [number, number], to: readonly [number, number]): Promise<void> {
  await page.click(`[data-segment="${segment}"] button[aria-pressed]`);
  await page.click('button[aria-label="Brush"]');
  const box = await axialBox(page), at = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to), { steps: 12 });
  await page.mouse.up();
  await saved(page);
}

/** The log as the server has it, said by a third party that draws nothing. */
function log(): { entries: OracleEntry[]; dense: Uint8Array } {
  const entries = witness.doc.getArray<Uint8Array>("strokes").toArray().map((bytes) => {
    const entry = decodeStroke(bytes);
    return { entry, bricks: entry.content.kind === "runs" ? entry.content.bricks : [] };
  });
  return { entries, dense: foldDense(grid, entries, witness.doc.getArray<Uint8Array>("marks").toArray().map(decodeMark)) };
}
/** Both pages show the mask that the plain oracle makes of the log, byte for byte (its hash is over every voxel). */
async function bothShowTheLog(pages: readonly Page[]): Promise<Uint8Array> {
  await expect.poll(async () => {
    const wanted = labelmapHash(fromDense(grid, log().dense));
    const shown = await Promise.all(pages.map((page) => page.getAttribute("[data-room]", "data-mask-hash")));
    return shown.every((hash) => hash === wanted);
  }, { timeout: 20_000 }).toBe(true);
  return log().dense;
}
/** The voxels that one person's visible strokes wrote last. */
function lastWrittenBy(clientIds: ReadonlySet<number>, value: number): number[] {
  const { entries, dense } = log();
  const own = entries.filter(({ entry }) => clientIds.has(entry.id.clientId));
  const alone = foldDense(grid, own, witness.doc.getArray<Uint8Array>("marks").toArray().map(decodeMark));
  return [...alone.keys()].filter((i) => alone[i] === value && dense[i] === value);
}

async function pixelsOf(page: Page): Promise<{ data: Uint8ClampedArray; width: number }> {
  await page.mouse.move(2, 2);
  const box = await axialBox(page);
  const png = (await page.screenshot({ clip: box, animations: "disabled" })).toString("base64");
  const found = await decoder.evaluate(async (base64) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], { type: "image/png" }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height), context = canvas.getContext("2d");
    if (!context) throw new Error("no canvas");
    context.drawImage(bitmap, 0, 0);
    return { data: [...context.getImageData(0, 0, bitmap.width, bitmap.height).data], width: bitmap.width };
  }, png);
  return { data: Uint8ClampedArray.from(found.data), width: found.width };
}

/** RAS of two far points of the axial view by the status bar, and from them of every other. */
async function mapping(page: Page): Promise<(x: number, y: number) => number> {
  const box = await axialBox(page);
  const ask = async (x: number, y: number) => {
    await page.mouse.move(box.x + x, box.y + y);
    await page.waitForTimeout(120);
    const text = (await page.textContent("[data-ras]")) ?? "";
    return text.replaceAll("−", "-").trim().split(/\s+/).map(Number);
  };
  const [x0, y0, x1, y1] = [box.width * 0.3, box.height * 0.3, box.width * 0.7, box.height * 0.7];
  const a = await ask(x0, y0), b = await ask(x1, y1);
  expect(a[2]).toBe(b[2]);
  return (x, y) => {
    const ras = rasPoint(a[0] + ((b[0] - a[0]) * (x - x0)) / (x1 - x0), a[1] + ((b[1] - a[1]) * (y - y0)) / (y1 - y0), a[2]);
    const [i, j, k] = rasToIjk(grid, ras).map(Math.round);
    return i + j * grid.dims[0] + k * grid.dims[0] * grid.dims[1];
  };
}

/** Of the pixels in the middle of a voxel of each value: the share that is tinted as that value is. */
async function tinted(page: Page, before: Awaited<ReturnType<typeof pixelsOf>>, dense: Uint8Array): Promise<Record<number, { pixels: number; right: number }>> {
  const voxelAt = await mapping(page), now = await pixelsOf(page);
  const shares: Record<number, { pixels: number; right: number }> = { 0: { pixels: 0, right: 0 }, 1: { pixels: 0, right: 0 }, 2: { pixels: 0, right: 0 } };
  const height = now.data.length / 4 / now.width;
  for (let y = 0.25 * height | 0; y < 0.75 * height; y += 3) {
    for (let x = 0.25 * now.width | 0; x < 0.75 * now.width; x += 3) {
      const value = dense[voxelAt(x, y)];
      // Away from borders, so that half a pixel of the mapping's rounding decides nothing.
      if ([[-4, 0], [4, 0], [0, -4], [0, 4]].some(([dx, dy]) => dense[voxelAt(x + dx, y + dy)] !== value)) continue;
      const p = 4 * (y * now.width + x);
      const tint = (now.data[p] - now.data[p + 1]) - (before.data[p] - before.data[p + 1]);
      const share = shares[value];
      share.pixels++;
      if (value === 0 ? Math.abs(tint) < 12 : value === 1 ? tint > 20 : tint < -20) share.right++;
    }
  }
  return shares;
}

describe("two hands on one mask", () => {
  beforeAll(async () => {
    product = await startMadeDemo();
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
    decoder = await browser.newPage();
    // A page with an origin, for createImageBitmap of a blob.
    await decoder.goto("about:blank");
    const person: HeadlessPerson = await signInHeadless(product.origin, "demo-engineer");
    const ct = headCt(5, [64, 64, 50]);
    const file = gzipSync(encodeNifti({ grid: ct.grid, data: ct.hu }), { level: 1 });
    const { id } = await person.mutate<{ id: string }>("uploads.start", { totalBytes: file.length, options: {} });
    await person.ask(`/api/uploads/${id}/file?name=0.nii.gz&offset=0`, { method: "PUT", body: new Uint8Array(file), headers: { "content-type": "application/octet-stream" } });
    await person.mutate("uploads.finish", { id });
    caseId = await until("imported", async () => (await person.query<{ caseId: string | null }>("uploads.get", { id })).caseId ?? false, 60_000);
    ({ grid } = await person.query<{ grid: Grid }>("cases.get", { caseId }));
    const there = await person.query<{ value: number }[]>("segments.list", { caseId });
    for (let value = there.length + 1; value <= 2; value++) await person.mutate("segments.add", { caseId, name: `Segment ${value}`, color: "#ffffff" });
    await person.mutate("segments.setColor", { caseId, value: 1, color: "#ff0000" });
    await person.mutate("segments.setColor", { caseId, value: 2, color: "#00ff00" });
    witness = new HeadlessRoom(product.origin, person, caseId, grid);
    await until("the witness has joined", () => witness.isSynced);
  });
  afterAll(async () => {
    witness?.close();
    await browser?.close();
    await product?.stop();
  });

  it("MK1 MK4 MK5: drawn over each other at once, undone, reloaded: both masks are the log's, each keeps what is theirs, and the pixels show it", async () => {
    const one = await openRoom("surgeon"), two = await openRoom("segmentationSpecialist");
    const before = await pixelsOf(one);
    await bothShowTheLog([one, two]);
    // Ends in the same bricks, crossing in the middle; drawn at the same time.
    await Promise.all([draw(one, 1, [0.35, 0.5], [0.65, 0.5]), draw(two, 2, [0.5, 0.35], [0.5, 0.65])]);
    const ofOne = new Set(log().entries.filter(({ entry }) => entry.value === 1).map(({ entry }) => entry.id.clientId));
    const ofTwo = new Set(log().entries.filter(({ entry }) => entry.value === 2).map(({ entry }) => entry.id.clientId));
    expect([ofOne.size, ofTwo.size]).toEqual([1, 1]);
    expect(ofOne).not.toEqual(ofTwo);
    await Promise.all([draw(one, 1, [0.4, 0.4], [0.6, 0.6]), draw(two, 2, [0.4, 0.6], [0.6, 0.4])]);
    const drawn = await bothShowTheLog([one, two]);
    const exclusive = [lastWrittenBy(ofOne, 1), lastWrittenBy(ofTwo, 2)];
    for (const voxels of exclusive) expect(voxels.length).toBeGreaterThan(20);
    for (const page of [one, two]) {
      const { 0: none, 1: red, 2: green } = await tinted(page, before, drawn);
      for (const share of [none, red, green]) expect(share.pixels).toBeGreaterThan(20);
      // The name tag at the other's crosshair hides some.
      for (const share of [none, red, green]) expect(share.right / share.pixels).toBeGreaterThan(0.75);
    }

    await one.click('button[aria-label="Undo"]');
    await saved(one);
    const undone = await bothShowTheLog([one, two]);
    expect(undone).not.toEqual(drawn);
    // Every voxel that the other wrote last is still theirs; none of theirs anywhere was lost.
    for (const voxel of exclusive[1]) expect(undone[voxel]).toBe(2);
    for (const [voxel, value] of drawn.entries()) if (value === 2) expect(undone[voxel]).toBe(2);
    const { 2: still } = await tinted(two, before, undone);
    expect(still.right / still.pixels).toBeGreaterThan(0.75);

    await Promise.all([one.reload(), two.reload()]);
    for (const page of [one, two]) await page.waitForSelector("[data-room][data-ready=true]", { timeout: 120_000 });
    expect(await bothShowTheLog([one, two])).toEqual(undone);
    // Undo goes on where it was before the reload: the first stroke of the same person, and nobody else's.
    await one.waitForSelector('button[aria-label="Undo"]:not([disabled])');
    await one.click('button[aria-label="Undo"]');
    await saved(one);
    const both = await bothShowTheLog([one, two]);
    expect(both.includes(1)).toBe(false);
    for (const [voxel, value] of undone.entries()) if (value === 2) expect(both[voxel]).toBe(2);
  });

  it("a stroke grows for the others while it is drawn, in at most 20 steps a second", async () => {
    const page = await openRoom("engineer"), box = await axialBox(page), times: number[] = [], tell = () => times.push(performance.now());
    await page.click('[data-segment="1"] button[aria-pressed]');
    await page.keyboard.press("b");
    await page.mouse.move(box.x + 0.3 * box.width, box.y + 0.7 * box.height);
    witness.doc.on("update", tell);
    await page.mouse.down();
    const begin = performance.now();
    for (let n = 1; n <= 120; n++) {
      await page.mouse.move(box.x + (0.3 + 0.003 * n) * box.width, box.y + 0.7 * box.height);
      await page.waitForTimeout(8);
    }
    // The pointer is still down.
    await until("the stroke is seen", () => times.length >= 3);
    await page.mouse.up();
    await saved(page);
    const seconds = (performance.now() - begin) / 1000;
    witness.doc.off("update", tell);
    expect(times.length).toBeLessThanOrEqual(Math.ceil(20 * seconds) + 1);
  });
});
