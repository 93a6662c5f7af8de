import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";
import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMadeDemo } from "../support/madeDemo.ts";
import { startProduct, type Product } from "../support/product.ts";
import { drag, importFile, ready, saved, signIn, smallHead, unsavedOf, voxelsOf } from "./uiPage.ts";

let product: Product, browser: Browser, engineer: Page, surgeon: Page;
const backup = () => `${product.dataDir}-backup`;
const hashOf = (page: Page) => page.getAttribute("[data-room]", "data-mask-hash");
const earlierOf = async (page: Page) => Number(await page.locator("[data-earlier]").getAttribute("data-earlier", { timeout: 60_000 }));
const restart = async () => { product = await startProduct(240_000, [], product); };
/** Owners included: the database's files are its own user's. */
const copy = (from: string, to: string) => promisify(execFile)("cp", ["-a", from, to]);
/** How many voxels a page shows once it has counted all that came. */
async function voxelsAtRest(page: Page): Promise<number> {
  for (let last = -1; ;) {
    const now = await voxelsOf(page);
    if (now === last) return now;
    last = now;
    await page.waitForTimeout(1000);
  }
}
/** A short stroke at a height of the axial view. */
async function stroke(page: Page, y: number): Promise<void> {
  await page.click('button[aria-label="Brush"]');
  await drag(page, "axial", [0.35, y], [0.6, y]);
}

beforeAll(async () => {
  product = await startMadeDemo();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
  engineer = await signIn(browser, product, "engineer");
  surgeon = await signIn(browser, product, "surgeon");
  await importFile(engineer, smallHead(9));
  await engineer.waitForSelector("[data-import=done]", { timeout: 60_000 });
  const row = engineer.locator("tr[data-case]").filter({ hasText: "64 × 64 × 50" });
  await engineer.goto(`${product.origin}/cases/${await row.getAttribute("data-case")}`);
  await surgeon.goto(engineer.url());
  for (const page of [engineer, surgeon]) await ready(page);
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
  await rm(backup(), { recursive: true, force: true });
});

describe("a server that was restored from a backup, under open pages", () => {
  it("RM7 A10: nothing is doubled and nothing thrown away: each page keeps what the backup lacks of its own and asks what is to become of it", async () => {
    await stroke(engineer, 0.35);
    await saved(engineer);
    const first = await voxelsAtRest(engineer);
    expect(first).toBeGreaterThan(0);
    await product.end();
    await copy(product.dataDir, backup());
    await restart();
    for (const page of [engineer, surgeon]) await saved(page);
    // After the backup: a stroke of each that is acknowledged, and one that never was.
    await stroke(engineer, 0.5);
    await saved(engineer);
    await stroke(surgeon, 0.65);
    await saved(surgeon);
    await product.end();
    await stroke(engineer, 0.8);
    await expect.poll(() => unsavedOf(engineer)).toBeGreaterThan(0);
    await rm(product.dataDir, { recursive: true, force: true });
    await copy(backup(), product.dataDir);
    await restart();
    expect([await earlierOf(engineer), await earlierOf(surgeon)]).toEqual([2, 1]);
    for (const page of [engineer, surgeon]) {
      await saved(page);
      await expect.poll(() => voxelsOf(page)).toBe(first);
    }
    await engineer.click("[data-earlier] button:has-text('Put into the present one')");
    await saved(engineer);
    await surgeon.click("[data-earlier] button:has-text('Discard')");
    for (const page of [engineer, surgeon]) expect(await page.locator("[data-earlier]").count()).toBe(0);
    await expect.poll(async () => (await hashOf(surgeon)) === (await hashOf(engineer)), { timeout: 20_000 }).toBe(true);
    const kept = await voxelsAtRest(engineer);
    expect(kept).toBeGreaterThan(first);
    await engineer.reload();
    await ready(engineer);
    await saved(engineer);
    await expect.poll(() => voxelsOf(engineer)).toBe(kept);
    await expect.poll(async () => (await hashOf(engineer)) === (await hashOf(surgeon))).toBe(true);
    // What the surgeon discarded is not there.
    await expect.poll(() => engineer.locator("[data-share]").evaluateAll((shares) => shares.map((share) => share.getAttribute("data-share")))).toEqual(["Elin Berg"]);
    // One act, as it was put: one undo takes both strokes back.
    await engineer.keyboard.press("Control+z");
    await expect.poll(() => voxelsOf(engineer)).toBe(first);
  });
});
