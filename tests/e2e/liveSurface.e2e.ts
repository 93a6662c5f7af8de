import { chromium, type Browser, type Page } from "playwright";
import { gzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headCt } from "../../core/phantom/headCt.ts";
import { rasPoint, type Grid } from "../../core/space/grid.ts";
import { rasterizeBrush } from "../../core/mask/rasterize.ts";
import { encodeNifti } from "../../core/volume/nifti.ts";
import { HeadlessRoom, signInHeadless } from "../support/headlessPerson.ts";
import { startMadeDemo } from "../support/madeDemo.ts";
import type { Product } from "../support/product.ts";
import { until } from "../support/until.ts";
import { placeIn, saved, signIn } from "./uiPage.ts";
import { call } from "./workspace.ts";

let product: Product, browser: Browser, caseId: string, seed: HeadlessRoom;

const pane = (page: Page) => page.locator("section[aria-label='Surfaces in 3D']");
/** The 3D canvas as a picture, without the marks that lie above it. */
async function picture(page: Page): Promise<string> {
  // The page's own policy takes no style of ours; React leaves this attribute alone.
  await pane(page).evaluate((section) => { for (const above of [...section.children].slice(1)) if (above instanceof HTMLElement || above instanceof SVGElement) above.style.opacity = "0"; });
  return (await pane(page).locator("canvas").screenshot({ animations: "disabled" })).toString("base64");
}
/** The picture once it rests: software painting is some frames behind. */
async function rested(page: Page): Promise<string> {
  for (let last = await picture(page);;) {
    await page.waitForTimeout(400);
    const now = await picture(page);
    if (now === last) return now;
    last = now;
  }
}
const isLive = (page: Page, state: string) => page.waitForSelector(`[data-live=${state}]`, { timeout: 30_000 });

describe("the surface follows the hand", () => {
  beforeAll(async () => {
    // Made first: a connection that rests while this thread computes may be closed when it is used again.
    // It lies away from the scan's origin, as heads do.
    const ct = headCt(5, [64, 64, 50]), [x, y, z] = ct.grid.origin, file = gzipSync(encodeNifti({ grid: { ...ct.grid, origin: [x, y, z + 300] }, data: ct.hu }), { level: 1 });
    product = await startMadeDemo();
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
    const person = await signInHeadless(product.origin, "demo-engineer");
    const { id } = await person.mutate<{ id: string }>("uploads.start", { totalBytes: file.length, options: {} });
    await person.ask(`/api/uploads/${id}/file?name=0.nii.gz&offset=0`, { method: "PUT", body: new Uint8Array(file), headers: { "content-type": "application/octet-stream" } });
    await person.mutate("uploads.finish", { id });
    caseId = await until("imported", async () => (await person.query<{ caseId: string | null }>("uploads.get", { id })).caseId ?? false, 60_000);
    const { grid } = await person.query<{ grid: Grid }>("cases.get", { caseId });
    if ((await person.query<unknown[]>("segments.list", { caseId })).length === 0) await person.mutate("segments.add", { caseId, name: "Bone", color: "#e0b36a" });
    // Something to begin with, so that the surface has a size.
    seed = new HeadlessRoom(product.origin, person, caseId, grid);
    await until("joined", () => seed.isSynced);
    const at = (f: number) => rasPoint(...[0, 1, 2].map((axis) => grid.origin[axis] + f * (grid.dims[axis] - 1) * grid.spacing[axis]) as [number, number, number]);
    seed.author.draw(1, [...rasterizeBrush(grid, { shape: "ball", radiusMm: 24, plane: 2, points: [at(0.35), at(0.65)] })]);
    await until("saved", () => seed.unsaved === 0);
  });
  afterAll(async () => {
    seed?.close();
    await browser?.close();
    await product?.stop();
  });

  it("SF3: while the pointer is down, for the one who draws and for the other, and the server's artifact is what was shown already", async () => {
    const one = await signIn(browser, product, "surgeon"), two = await signIn(browser, product, "segmentationSpecialist");
    for (const page of [one, two]) {
      await page.goto(`${product.origin}/cases/${caseId}`);
      await page.waitForSelector("[data-room][data-ready=true]", { timeout: 120_000 });
      await isLive(page, "made");
    }
    const before = await Promise.all([one, two].map(rested));
    // The surface's outlines on the slices follow it, in each of them.
    await one.click("button:has-text('Outlines')");
    const outline = (page: Page, plane: string) => page.getAttribute(`[data-tile=${plane}] [data-segment-outline="1"] path`, "d");
    const outlines = await Promise.all(["axial", "coronal", "sagittal"].map((plane) => outline(one, plane)));
    for (const path of outlines) expect(path?.length).toBeGreaterThan(200);
    await one.click("[data-segment='1'] button[aria-pressed]");
    await one.click('button[aria-label="Erase"]');
    await one.click("button:has-text('Ball, 3D')");
    // Watched from before the stroke on: a quick server has caught up soon after.
    const ahead = [one, two].map((page) => isLive(page, "ahead"));
    await one.mouse.move(...await placeIn(one, "axial", 0.3, 0.5));
    await one.mouse.down();
    await one.mouse.move(...await placeIn(one, "axial", 0.7, 0.5), { steps: 10 });
    // The pointer is still down: nothing is finished, and both see the groove.
    for (const [i, page] of [one, two].entries()) {
      await ahead[i];
      await expect.poll(async () => await picture(page) !== before[i], { timeout: 20_000 }).toBe(true);
    }
    await one.mouse.move(2, 2);
    await one.mouse.up();
    await saved(one);
    const ms = await Promise.all([one, two].map(async (page) => Number(await pane(page).getAttribute("data-live-ms"))));
    for (const each of ms) expect(each).toBeGreaterThan(0);
    console.log(`from the last change of the mask to its bricks on the GPU: ${ms.map((each) => each.toFixed(1)).join(" and ")} ms`);
    // Every brick on screen is the artifact's by its hash, and nothing is painted anew when the server has made its own.
    const drawn = await Promise.all([one, two].map(rested));
    expect(await outline(one, "axial")).not.toBe(outlines[0]);
    for (const [i, page] of [one, two].entries()) {
      await isLive(page, "made");
      await page.waitForSelector("[data-surface-state=current]", { timeout: 30_000 });
      expect(await rested(page) === drawn[i]).toBe(true);
    }
    await one.click('button[aria-label="Undo"]');
    await saved(one);
    for (const [i, page] of [one, two].entries()) {
      await expect.poll(async () => await picture(page) !== drawn[i], { timeout: 20_000 }).toBe(true);
      await isLive(page, "made");
      expect(await rested(page) === before[i]).toBe(true);
    }
    expect(await Promise.all(["axial", "coronal", "sagittal"].map((plane) => outline(one, plane)))).toEqual(outlines);
  });

  it("a segment that is still empty moves nothing: the view stays on what is there", async () => {
    const page = await signIn(browser, product, "surgeon");
    const open = async () => {
      await page.goto(`${product.origin}/cases/${caseId}`);
      await page.waitForSelector("[data-room][data-ready=true]", { timeout: 120_000 });
      await isLive(page, "made");
      return rested(page);
    };
    const before = await open();
    await call(page, "segments.add", { caseId, name: "Nothing yet", color: "#4f9cf9" });
    await page.waitForSelector("[data-segment='2']");
    expect(await open() === before).toBe(true);
  });
});
