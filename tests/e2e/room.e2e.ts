import { gzipSync } from "fflate";
import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headCt } from "../../core/phantom/headCt.ts";
import { encodeNifti } from "../../core/volume/nifti.ts";
import { startMadeDemo } from "../support/madeDemo.ts";
import type { Product } from "../support/product.ts";
import { importFile } from "./uiPage.ts";

let product: Product, browser: Browser;
const foreign: string[] = [], violations: string[] = [];

async function signIn(role: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1024, height: 768 } });
  const page = await context.newPage();
  page.on("request", (request) => {
    if (!/^(blob|data):/.test(request.url()) && new URL(request.url()).hostname !== "localhost") foreign.push(request.url());
  });
  page.on("console", (message) => { if (/Content Security Policy/i.test(message.text())) violations.push(message.text()); });
  await page.goto(`${product.origin}/sign-in`);
  await page.click(`[data-person=${role}]`);
  await page.waitForSelector("tr[data-case], [data-import-files], input[type=file]", { state: "attached" });
  return page;
}
const ready = (page: Page) => page.waitForSelector("[data-room][data-ready=true]", { timeout: 120_000 });
const saved = (page: Page) => page.waitForSelector('[data-room][data-saved=true][data-unsaved="0"]', { timeout: 20_000 });
const hashOf = (page: Page) => page.getAttribute("[data-room]", "data-mask-hash");

/** Draws from one point of the axial view to another, in shares of its size. */
async function draw(page: Page, from: [number, number], to: [number, number]): Promise<void> {
  await page.click('button[aria-label="Brush"]');
  const box = await page.locator("[data-tile=axial]").boundingBox();
  if (!box) throw new Error("no axial view");
  const at = ([x, y]: [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to), { steps: 12 });
  await page.mouse.up();
}
/** The hash that all pages show and keep showing: one of half a stroke, while its rest is still on the way, does not count. */
async function sameHash(pages: Page[], other?: string | null): Promise<string | null> {
  const common = async () => {
    const hashes = await Promise.all(pages.map(hashOf));
    return hashes.every((hash) => hash === hashes[0]) && hashes[0] !== other ? hashes[0] : undefined;
  };
  let rested: string | null | undefined;
  await expect.poll(async () => {
    rested = await common();
    await pages[0].waitForTimeout(800);
    return rested !== undefined && rested === await common();
  }, { timeout: 20_000 }).toBe(true);
  return rested ?? null;
}

describe("two people in one case room", () => {
  beforeAll(async () => {
    product = await startMadeDemo();
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
  });
  afterAll(async () => {
    await browser?.close();
    await product?.stop();
  });

  it("import a CT, draw over each other, undo only their own, and find it all after a reload", async () => {
    const one = await signIn("engineer");
    const { grid, hu } = headCt(5, [64, 64, 50]);
    await importFile(one, { name: "head.nii.gz", mimeType: "application/gzip", buffer: Buffer.from(gzipSync(encodeNifti({ grid, data: hu }), { level: 1 })) });
    const row = one.locator("tr[data-case]").filter({ hasText: "64 × 64 × 50" });
    await row.waitFor({ timeout: 60_000 });
    await one.goto(`${product.origin}/cases/${await row.getAttribute("data-case")}`);
    await ready(one);
    // The second comes when the first has long read who is in the case.
    const two = await signIn("segmentationSpecialist");
    await two.goto(one.url());
    await ready(two);
    const empty = await sameHash([one, two]);

    await draw(one, [0.35, 0.5], [0.6, 0.5]);
    await saved(one);
    const first = await sameHash([one, two], empty);
    await draw(two, [0.5, 0.35], [0.5, 0.65]);
    await saved(two);
    const both = await sameHash([one, two], first);
    const drawers = (page: Page) => page.locator("[aria-label='Drawn by'] [data-share]").evaluateAll((lines) => lines.map((line) => line.getAttribute("data-share")).sort());
    for (const page of [one, two]) await expect.poll(() => drawers(page), { timeout: 20_000 }).toEqual(["Elin Berg", "Sam Okafor"]);

    // One takes back the own stroke: the other's stays, wherever it lies.
    await one.click('button[aria-label="Undo"]');
    const onlyTwo = await sameHash([one, two], both);
    expect(onlyTwo).not.toBe(empty);
    expect(onlyTwo).not.toBe(first);
    await one.click('button[aria-label="Redo"]');
    expect(await sameHash([one, two], onlyTwo)).toBe(both);
    await saved(one);

    await two.reload();
    await ready(two);
    expect(await sameHash([one, two])).toBe(both);
    // The surface behind the mask was rebuilt, and comes out as STL.
    await one.waitForFunction(() => [...document.querySelectorAll("[data-surface-state]")].some((e) => e.getAttribute("data-surface-state") === "current"), undefined, { timeout: 60_000 });
    const caseId = one.url().split("/").at(-1);
    // Until its soundness is known it is refused (409), then it comes.
    const stlBytes = () => one.evaluate(async (id) => {
      const answer = await fetch(`/api/cases/${id}/surface/1.stl`);
      return answer.ok ? (await answer.arrayBuffer()).byteLength : 0;
    }, caseId);
    await expect.poll(stlBytes, { timeout: 20_000 }).toBeGreaterThan(84 + 50 * 100);
    expect(await one.evaluate(() => crossOriginIsolated)).toBe(true);
  });

  it("ask nobody outside for anything, and break no content security policy", () => {
    expect(foreign).toEqual([]);
    expect(violations).toEqual([]);
  });
});
