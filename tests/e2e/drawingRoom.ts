import { gzipSync } from "fflate";
import { chromium, type Browser, type Page } from "playwright";
import { expect } from "vitest";
import { headCt } from "../../core/phantom/headCt.ts";
import type { Grid } from "../../core/space/grid.ts";
import { encodeNifti } from "../../core/volume/nifti.ts";
import { signInHeadless } from "../support/headlessPerson.ts";
import { startMadeDemo } from "../support/madeDemo.ts";
import type { Product } from "../support/product.ts";
import { until } from "../support/until.ts";

/** A running product with a case of a made head, and a page in its room. */
export class DrawingRoom {
  readonly product: Product;
  readonly browser: Browser;
  readonly caseId: string;
  readonly grid: Grid;
  readonly page: Page;

  private constructor(product: Product, browser: Browser, caseId: string, grid: Grid, page: Page) {
    this.product = product;
    this.browser = browser;
    this.caseId = caseId;
    this.grid = grid;
    this.page = page;
  }

  static async open(dims: [number, number, number] = [64, 64, 50]): Promise<DrawingRoom> {
    // Made first: a connection that rests while this thread computes may be closed when it is used again.
    const ct = headCt(5, dims), file = gzipSync(encodeNifti({ grid: ct.grid, data: ct.hu }), { level: 1 });
    const product = await startMadeDemo(), person = await signInHeadless(product.origin, "demo-engineer");
    const { id } = await person.mutate<{ id: string }>("uploads.start", { totalBytes: file.length, options: {} });
    await person.ask(`/api/uploads/${id}/file?name=0.nii.gz&offset=0`, { method: "PUT", body: new Uint8Array(file), headers: { "content-type": "application/octet-stream" } });
    await person.mutate("uploads.finish", { id });
    const caseId = await until("imported", async () => (await person.query<{ caseId: string | null }>("uploads.get", { id })).caseId ?? false, 180_000);
    const grid = await until("its grid", async () => (await person.query<{ grid: Grid | null }>("cases.get", { caseId })).grid ?? false);
    const browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
    return new DrawingRoom(product, browser, caseId, grid, await DrawingRoom.enter(product, browser, caseId, "engineer"));
  }

  /** A page of one of the demo's people in the room. */
  static async enter(product: Product, browser: Browser, caseId: string, person: string): Promise<Page> {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await page.goto(`${product.origin}/sign-in`);
    await page.click(`[data-person=${person}]`);
    await page.waitForSelector("tr[data-case]");
    await page.goto(`${product.origin}/cases/${caseId}`);
    await page.waitForSelector("[data-room][data-ready=true]", { timeout: 120_000 });
    return page;
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.product.stop();
  }

  voxels(segment = 1, page = this.page): Promise<number> { return page.getAttribute(`[data-segment="${segment}"]`, "data-voxels").then(Number); }
  saved(page = this.page) { return page.waitForSelector('[data-room][data-saved=true][data-unsaved="0"]', { timeout: 20_000 }); }

  /**
   * The mask's hash once all that this page drew is in it and saved. A page reads it 200 ms after the last change, on a slow
   * machine also between two increments of a stroke: the wait runs in the page, behind that reading.
   */
  async rested(page = this.page): Promise<string> {
    await this.saved(page);
    await page.evaluate(() => new Promise((resolve) => { setTimeout(resolve, 500); }));
    return await page.getAttribute("[data-room]", "data-mask-hash") ?? "";
  }

  /** Waits until a segment's count is another one, and saved. */
  async changed(from: number, segment = 1): Promise<number> {
    await expect.poll(() => this.voxels(segment), { timeout: 20_000 }).not.toBe(from);
    await this.rested();
    return this.voxels(segment);
  }

  /** A drag over the axial view, in shares of its width and height. */
  async drag(from: readonly [number, number], to: readonly [number, number], page = this.page): Promise<void> {
    const box = await page.locator("[data-tile=axial]").boundingBox();
    if (!box) throw new Error("no axial view");
    await page.mouse.move(box.x + from[0] * box.width, box.y + from[1] * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + to[0] * box.width, box.y + to[1] * box.height, { steps: 8 });
    await page.mouse.up();
  }

  /** The axial view as it is painted, with the pointer out of it. */
  async picture(page = this.page): Promise<Buffer> {
    await page.mouse.move(5, 400);
    await page.waitForTimeout(300);
    return page.locator("[data-tile=axial]").screenshot();
  }
}
