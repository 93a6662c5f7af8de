import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { chromium, type Browser } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startMadeDemo } from "../support/madeDemo.ts";
import type { Product } from "../support/product.ts";
import { sliceBytes, sparseSeries } from "../support/sparseSeries.ts";
import { signIn } from "./uiPage.ts";

/**
 * Slices of half a MiB: LARGE_UPLOAD_SLICES=1024 is half a GiB, the largest volume that is taken. LARGE_UPLOAD_SERIES=4 of them
 * are a folder of 2 GiB: all of it is read, one series is picked and sent. Measured so: 424 MiB of the page's processes before, 513
 * at most while 2 GiB were looked through, 568 at most while half a GiB was sent.
 */
const slices = Number(process.env.LARGE_UPLOAD_SLICES ?? 400), series = Number(process.env.LARGE_UPLOAD_SERIES ?? 1), mib = 2 ** 20;
/** What the machine is given for each part, ms. */
const patience = 120_000 * Math.max(1, series * slices / 1024);
let product: Product, browser: Browser, dir: string;
beforeAll(async () => {
  product = await startMadeDemo();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
  dir = await mkdtemp("/tmp/caseroom-large-");
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Resident MiB of all of the browser's page processes; NaN where the system does not tell. */
async function pagesMiB(): Promise<number> {
  if (process.platform !== "linux") return NaN;
  const session = await browser.newBrowserCDPSession(), { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const pages = await Promise.all(processInfo.filter(({ type }) => type === "renderer").map(async ({ id }) => Number((await readFile(`/proc/${id}/statm`, "utf8").catch(() => "0 0")).split(" ")[1]) * 4096 / mib));
  return pages.reduce((a, b) => a + b, 0);
}

it("IM10: a folder of many hundred MiB is read, de-identified and sent without ever sitting in the page's memory", async () => {
  const paths = (await Promise.all(Array.from({ length: series }, (_, n) => sparseSeries(join(dir, `in${n}`), `1.2.8.${n + 1}`, slices)))).flat(), page = await signIn(browser, product, "engineer");
  const before = await pagesMiB();
  const over = new AbortController();
  let most = before;
  const watch = (async () => { while (!over.signal.aborted) { most = Math.max(most, await pagesMiB()); await page.waitForTimeout(100); } })();
  await page.setInputFiles("input[data-import-files]", paths);
  await page.waitForSelector("[data-import=review]", { timeout: patience });
  const looked = most;
  if (series > 1) await page.locator("[data-import=review] fieldset input[type=radio]").first().check();
  await page.click("button:has-text('De-identify and upload')");
  await page.waitForSelector("[data-import=sending]");
  await page.waitForSelector("[data-import=done]", { timeout: 280_000 + patience });
  over.abort();
  await watch;
  const sentMiB = Math.round(slices * sliceBytes / mib);
  console.log(`${series * sentMiB} MiB in ${paths.length} files, of which ${sentMiB} MiB were sent: the page's processes held ${before.toFixed(0)} MiB before, ${looked.toFixed(0)} at most while looking through, ${most.toFixed(0)} at most in all`);
  if (!Number.isNaN(before)) expect(most - before).toBeLessThan(Math.min(sentMiB / 2, 160));
  await page.close();
}, 600_000 + 2 * patience);
