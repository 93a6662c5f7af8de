// From a pointer event to the return of the 3D view's mesh update, in the running product and a real Chromium: tool, fold,
// worker, kernel, upload of the changed bricks. The mask is bone of a real head CT where it is there, else of a made one.
// Painting is no part of it: a graphics system in software paints with the page's own processors, so the page is measured
// once with draw calls that do nothing (all other WebGL runs), which is what is judged, and once as it is.
import { gunzipSync } from "fflate";
import { loadavg } from "node:os";
import { chromium, type Browser, type Page } from "playwright";
import { blobStroke } from "../../core/draft/masksDoc.ts";
import { threshold } from "../../core/mask/rasterize.ts";
import type { Grid } from "../../core/space/grid.ts";
import { canonicalVolume, decodeNifti } from "../../core/volume/nifti.ts";
import { HeadlessRoom, signInHeadless } from "../support/headlessPerson.ts";
import { startProduct } from "../support/product.ts";
import { until } from "../support/until.ts";
import { hasHead, importCase } from "./headCase.ts";
import { quantile, report, type Row } from "./measure.ts";

/** Long enough that all that a move causes has come back. */
const restMs = 300, moves = Number(process.env.CASEROOM_BENCH_EVENTS ?? 40), warmUps = 4;

/** Draw calls that paint nothing. */
const paintNothing = () => {
  const none = () => undefined;
  Object.assign(WebGL2RenderingContext.prototype, { drawArrays: none, drawElements: none, drawArraysInstanced: none, drawElementsInstanced: none });
};
/** Notes when the pointer moves, and when the mesh update that it led to has returned. */
const watch = () => {
  const page = globalThis as unknown as { seen: { moved: number; updates: { at: number; ms: number }[] } };
  page.seen = { moved: 0, updates: [] };
  // The page may hear of a movement before the frame that brings the pointermove; both tell its time.
  for (const kind of ["pointerrawupdate", "pointermove"]) addEventListener(kind, ({ timeStamp }) => { if (timeStamp > page.seen.moved) page.seen = { moved: timeStamp, updates: [] }; }, { capture: true });
  new MutationObserver((changes) => {
    for (const { target } of changes) if (target instanceof HTMLElement) page.seen.updates.push({ at: performance.now(), ms: Number(target.getAttribute("data-live-ms")) });
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-live-ms"] });
};

async function open(browser: Browser, origin: string, caseId: string, script: (() => void)[]): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  for (const each of script) await page.addInitScript(each);
  await page.goto(`${origin}/sign-in`);
  await page.click("[data-person=engineer]");
  await page.waitForSelector("tr[data-case]");
  await page.goto(`${origin}/cases/${caseId}`);
  await page.waitForSelector("[data-room][data-ready=true]", { timeout: 240_000 });
  await page.waitForSelector("[data-live=made]", { timeout: 240_000 });
  return page;
}

/** Draws a zigzag through the head, move by move, from `top` (a share of the view) downwards: what was drawn there before changes no voxel again. @returns ms from each pointer event, and from the change of the mask, to the mesh update's return */
async function draw(page: Page, top: number): Promise<{ whole: number[]; behind: number[]; still: number }> {
  const box = await page.locator("[data-tile=axial]").boundingBox();
  if (!box) throw new Error("no axial view");
  await page.keyboard.press("b");
  await page.locator("section[aria-label=Brush] input[type=range]").fill("8");
  await page.click("button:has-text('Ball, 3D')");
  const whole: number[] = [], behind: number[] = [];
  let still = 0;
  for (let n = -warmUps; n < moves; n++) {
    const i = n + warmUps, x = box.x + box.width * (0.3 + 0.4 * (i % 12) / 12), y = box.y + box.height * (top + 0.05 * Math.floor(i / 12));
    if (i % 12 === 0) { await page.mouse.move(x - 5, y); await page.mouse.down(); await page.waitForTimeout(2 * restMs); }
    await page.mouse.move(x, y);
    await page.waitForTimeout(restMs);
    const { moved, updates } = await page.evaluate(() => (globalThis as unknown as { seen: { moved: number; updates: { at: number; ms: number }[] } }).seen);
    const last = updates.at(-1);
    if (n >= 0 && last) { whole.push(last.at - moved); behind.push(last.ms); }
    // Bone on bone changes nothing.
    else if (n >= 0) still++;
    if (i % 12 === 11) { await page.mouse.up(); await page.waitForTimeout(2 * restMs); }
  }
  await page.mouse.up();
  if (whole.length === 0) throw new Error("no move changed a voxel");
  return { whole, behind, still };
}

const product = await startProduct(), rows: Row[] = [];
try {
  const person = await signInHeadless(product.origin, "demo-engineer"), caseId = await importCase(person), { grid } = await person.query<{ grid: Grid }>("cases.get", { caseId });
  const { hu } = canonicalVolume(decodeNifti(gunzipSync(new Uint8Array(await (await person.ask(`/api/cases/${caseId}/volume`)).arrayBuffer()))));
  // Decoding took the thread for seconds: connections that the server let go meanwhile are found closed first.
  await new Promise((done) => setTimeout(done, 100));
  const { value } = await person.mutate<{ value: number }>("segments.add", { caseId, name: "Bone", color: "#e0b36a" });
  const room = new HeadlessRoom(product.origin, person, caseId, grid);
  await until("joined", () => room.isSynced, 30_000);
  const { bytes, content } = blobStroke(grid, threshold(grid, hu, 226, 3071));
  const { hash } = await (await person.ask(`/api/cases/${caseId}/blobs`, { method: "POST", body: new Uint8Array(bytes), headers: { "content-type": "application/octet-stream" } })).json() as { hash: string };
  room.fold.addBlob(hash, bytes);
  room.author.drawBlob(value, content(hash));
  await until("saved", () => room.unsaved === 0, 60_000);
  room.close();
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
  for (const [how, script, top] of [["without painting", [watch, paintNothing], 0.35], ["painted in software", [watch], 0.57]] as const) {
    const page = await open(browser, product.origin, caseId, [...script]), { whole, behind, still } = await draw(page, top), p50 = quantile(whole, 0.5), p95 = quantile(whole, 0.95), isJudged = script.length > 1;
    rows.push(
      { what: `${how}: pointer event to the return of the mesh update, p50 of ${whole.length}`, ours: p50, unit: "ms", ...isJudged && { target: "≤ 50 ms", met: p50 <= 50 }, note: `${still} moves changed no voxel` },
      { what: `${how}: the same, p95`, ours: p95, unit: "ms", ...isJudged && { target: "≤ 50 ms", met: p95 <= 50 } },
      { what: `${how}: of that, behind the change of the mask, p50`, ours: quantile(behind, 0.5), unit: "ms", note: `p95 ${quantile(behind, 0.95).toFixed(1)} ms` },
    );
    await page.context().close();
  }
  await browser.close();
  report("preview", rows, { data: hasHead ? "head_ct_0051, HU 226–3071" : "made head", dims: grid.dims.join("×"), load: loadavg()[0].toFixed(1) });
} finally {
  await product.stop();
}
