import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "fflate";
import type { Browser, Page } from "playwright";
import { expect } from "vitest";
import { headCt } from "../../core/phantom/headCt.ts";
import { encodeNifti } from "../../core/volume/nifti.ts";
import type { Product } from "../support/product.ts";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** No serious or critical finding of axe on what is on screen now. */
export async function expectAccessible(page: Page, screen: string): Promise<void> {
  // Through the protocol, not a script element: the page's own policy stays as it is.
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(options: object): Promise<{ violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[] }> } };
    const { violations } = await axe.run({ resultTypes: ["violations"] });
    return violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary.slice(0, 200)}`).join(" | ")}`);
  });
  expect({ screen, found }).toEqual({ screen, found: [] });
}

/** A small head as a file to import. */
export function smallHead(seed: number): { name: string; mimeType: string; buffer: Buffer } {
  const { grid, hu } = headCt(seed, [64, 64, 50]);
  return { name: "head.nii.gz", mimeType: "application/gzip", buffer: Buffer.from(gzipSync(encodeNifti({ grid, data: hu }), { level: 1 })) };
}

/** Gives a file to the list of cases and agrees to what is shown before it leaves. */
export async function importFile(page: Page, file: Parameters<Page["setInputFiles"]>[1]): Promise<void> {
  await page.setInputFiles("input[data-import-files]", file);
  await page.click("[data-import=review] button.button-primary");
}

export async function signIn(browser: Browser, product: Product, role: string, options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1024, height: 768 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${product.origin}/sign-in`);
  await page.click(`[data-person=${role}]`);
  await page.waitForSelector("tr[data-case], [data-import-files]", { state: "attached" });
  return page;
}

export const ready = (page: Page) => page.waitForSelector("[data-room][data-ready=true]", { timeout: 60_000 });
export const saved = (page: Page) => page.waitForSelector('[data-room][data-saved=true][data-unsaved="0"]');
export const unsavedOf = async (page: Page) => Number(await page.getAttribute("[data-room]", "data-unsaved"));
export const voxelsOf = async (page: Page) => Number(await page.getAttribute("[data-segment='1']", "data-voxels"));
export const caption = (page: Page, plane: string) => page.locator(`[data-tile=${plane}] p`).first().innerText();

/** A place in a view, in shares of its size. */
export async function placeIn(page: Page, plane: string, x: number, y: number): Promise<[number, number]> {
  const box = await page.locator(`[data-tile=${plane}]`).boundingBox();
  if (!box) throw new Error(`no ${plane} view`);
  return [box.x + x * box.width, box.y + y * box.height];
}

/** Drags in a view from one place to another. */
export async function drag(page: Page, plane: string, from: [number, number], to: [number, number], button: "left" | "middle" | "right" = "left"): Promise<void> {
  await page.mouse.move(...await placeIn(page, plane, ...from));
  await page.mouse.down({ button });
  await page.mouse.move(...await placeIn(page, plane, ...to), { steps: 8 });
  await page.mouse.up({ button });
}
