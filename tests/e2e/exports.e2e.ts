import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headCt } from "../../core/phantom/headCt.ts";
import { readMaskFile } from "../../core/volume/maskFile.ts";
import { dciodvfy } from "../support/judges.ts";
import { startMadeDemo } from "../support/madeDemo.ts";
import type { Product } from "../support/product.ts";
import { dicomSlice, element } from "../workers/import/dicomWriter.ts";
import { drag, expectAccessible, ready, saved, signIn } from "./uiPage.ts";

let product: Product, browser: Browser, page: Page;
const sent: string[] = [];
const shots = process.env.CASEROOM_SHOTS;
const hospital = { series: "1.2.77.2", frame: "1.2.77.3", study: "1.2.77.1" };
const { grid: { dims: [nx, ny, nz] }, hu } = headCt(3, [48, 48, 24]);
const files = Array.from({ length: nz }, (_, k) => ({ name: `${k}.dcm`, mimeType: "application/dicom", buffer: Buffer.from(dicomSlice({
  z: 4 * k, index: k, columns: nx, rows: ny, stored: Int16Array.from(hu.subarray(k * nx * ny, (k + 1) * nx * ny)), signed: true, intercept: "0", pixelSpacing: [4, 4], thickness: "4", seriesUid: hospital.series, sopUid: `1.2.77.4.${k}`,
  extra: [element(0x20, 0x0d, "UI", hospital.study), element(0x20, 0x52, "UI", hospital.frame)],
})) }));

beforeAll(async () => {
  product = await startMadeDemo();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
  page = await signIn(browser, product, "engineer");
  page.on("request", (request) => { const body = request.postDataBuffer(); if (body?.includes("1.2.77")) sent.push(new URL(request.url()).pathname.replace(/[0-9a-f-]{36}/, "ID")); });
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

async function download(title: string): Promise<Buffer> {
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator("[data-dialog=export]").getByRole("link", { name: new RegExp(`^${title}`) }).click()]);
  return readFile(await file.path());
}

describe("export from the room", () => {
  it("IM8: a DICOM series comes in by the page, its masks go out as SEG by the import's UIDs or, asked for, the hospital's", async () => {
    await page.setInputFiles("input[data-import-files]", files);
    await page.waitForSelector("[data-import=review]");
    expect(await page.innerText("[data-import]")).toContain("encrypted map of the case");
    await page.click("button:has-text('De-identify and upload')");
    await page.waitForSelector("[data-import=done]", { timeout: 60_000 });
    // The originals travel once, into the map, and in nothing else.
    expect(sent).toEqual(["/api/uploads/ID/uids"]);
    const href = await page.locator("[data-import=done] a[href*='/cases/']").first().getAttribute("href");
    await page.goto(`${product.origin}${href?.replace(/\/report$/, "")}`);
    await ready(page);
    await page.click('button[aria-label="Brush"]');
    await drag(page, "axial", [0.4, 0.5], [0.6, 0.5]);
    await saved(page);
    await page.waitForFunction(() => [...document.querySelectorAll("[data-surface-state]")].some((e) => e.getAttribute("data-surface-state") === "current"), undefined, { timeout: 60_000 });
    await page.click("[data-export]");
    await page.waitForSelector("[data-dialog=export]");
    await page.locator("[data-dialog=export]").getByRole("link", { name: /^STL/ }).and(page.locator("[aria-disabled=false]")).waitFor();
    await expectAccessible(page, "export");
    if (shots) await page.screenshot({ path: join(shots, "export.png") });
    const seg = await download("DICOM SEG");
    expect([seg.includes("1.2.77"), readMaskFile(new Uint8Array(seg), 1e6).map(({ name }) => name)]).toEqual([false, ["Bone"]]);
    expect((await download("All surfaces in one 3MF")).subarray(0, 2).toString()).toBe("PK");
    await page.check("[data-original-uids]");
    const own = await download("DICOM SEG");
    for (const uid of Object.values(hospital)) expect([uid, own.includes(uid)]).toEqual([uid, true]);
    const path = join(product.dataDir, "judged.dcm");
    await writeFile(path, own);
    const judged = dciodvfy(path);
    if (judged) expect(judged).toEqual({ status: 0, errors: [] });
  });

  it("what the server refuses is said in the dialog", async () => {
    await page.uncheck("[data-original-uids]");
    await page.route("**/exports/labels.nii.gz", (route) => route.fulfill({ status: 409, contentType: "application/json", body: JSON.stringify({ error: { code: "x", message: "Nothing was drawn." } }) }));
    await page.locator("[data-dialog=export]").getByRole("link", { name: /^NIfTI/ }).click();
    await page.waitForSelector("[data-dialog=export] [role=alert]:has-text('Nothing was drawn.')");
  });
});
