// First sight of a case of 512 × 512 × 300 on localhost: shell, coarse pixels, every voxel read (the renderer's upload apart).
import { gzipSync } from "fflate";
import { chromium } from "playwright";
import { headCt } from "../../core/phantom/headCt.ts";
import { encodeNifti } from "../../core/volume/nifti.ts";
import { findBrowser } from "../support/browser.mjs";
import { startProduct } from "../support/product.ts";
import { quantile, report, type Row } from "./measure.ts";

const dims = [512, 512, 300] as const, runs = 5;
/** A head made small and enlarged, with noise, so that it packs like a scan. */
function volumeFile(): Buffer {
  const small = headCt(3, [128, 128, 100]), hu = new Int16Array(dims[0] * dims[1] * dims[2]);
  let noise = 1;
  for (let z = 0, at = 0; z < dims[2]; z++) for (let y = 0; y < dims[1]; y++) for (let x = 0; x < dims[0]; x++) {
    noise = Math.imul(noise, 1664525) + 1013904223 | 0;
    hu[at++] = small.hu[(x >> 2) + 128 * ((y >> 2) + 128 * Math.floor(z / 3))] + (noise >> 27);
  }
  return Buffer.from(gzipSync(encodeNifti({ grid: { dims, spacing: [0.45, 0.45, 0.6], origin: [-115, -115, 0] }, data: hu }), { level: 1 }));
}

const { path: executablePath } = await findBrowser(process.cwd(), process.execPath);
if (!executablePath) report("firstSight", [], { skipped: "no browser" });
else {
  const product = await startProduct(), browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await page.goto(`${product.origin}/sign-in`);
    await page.click("[data-person=engineer]");
    await page.waitForSelector("[data-import-files]", { state: "attached" });
    const file = volumeFile(), path = `${product.dataDir}/big.nii.gz`;
    await (await import("node:fs/promises")).writeFile(path, file);
    await page.setInputFiles("input[data-import-files]", path);
    await page.click("[data-import=review] button.button-primary");
    await page.waitForSelector("[data-import=done]", { timeout: 400_000 });
    const url = await page.getAttribute("[data-import] a.button-primary", "href"), shell: number[] = [], coarse: number[] = [], full: number[] = [];
    for (let run = 0; run <= runs; run++) {
      const own = await page.context().newPage();
      await own.goto(`${product.origin}${url}`, { waitUntil: "commit" });
      await own.waitForSelector("[data-coarse] canvas, [data-room]", { timeout: 60_000 });
      const told = await own.evaluate(() => new Promise<Record<string, number>>((resolve) => {
        const look = () => {
          const marks = Object.fromEntries(performance.getEntriesByType("mark").filter(({ name }) => name.startsWith("ct.")).map(({ name, startTime }) => [name, startTime]));
          if ("ct.full" in marks && "ct.coarse" in marks) resolve({ ...marks, shell: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN });
          else setTimeout(look, 20);
        };
        look();
      }));
      if (run > 0) { shell.push(told.shell); coarse.push(told["ct.coarse"]); full.push(told["ct.full"]); }
      await own.close();
    }
    const row = (what: string, values: number[], targetMs: number): Row => ({ what, ours: quantile(values, 0.5), unit: "ms", target: `≤ ${targetMs} ms`, met: quantile(values, 0.5) <= targetMs });
    report("firstSight", [row("shell: first contentful paint", shell, 1000), row("coarse slices painted", coarse, 1500), row("every voxel read (renderer's upload apart)", full, 5000)], { dims: dims.join("×"), packedMiB: Math.round(file.length / 1048576), runs });
  } finally {
    await browser.close();
    await product.stop();
  }
}
