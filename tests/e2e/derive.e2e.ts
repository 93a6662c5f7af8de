import { gunzipSync, gzipSync } from "fflate";
import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headCt } from "../../core/phantom/headCt.ts";
import { denseLabels } from "../../core/mask/labelmap.ts";
import type { Grid } from "../../core/space/grid.ts";
import { decodeNifti, encodeNifti } from "../../core/volume/nifti.ts";
import { HeadlessRoom, signInHeadless, type HeadlessPerson } from "../support/headlessPerson.ts";
import { startMadeDemo } from "../support/madeDemo.ts";
import type { Product } from "../support/product.ts";
import { until } from "../support/until.ts";
import { drag, expectAccessible, placeIn, ready, saved } from "./uiPage.ts";

const ct = headCt(5, [64, 64, 50]), shots = process.env.DERIVE_SHOTS;
let product: Product, browser: Browser, page: Page, person: HeadlessPerson, caseId = "";
const shot = async (name: string) => { if (shots) await page.screenshot({ path: `${shots}/${name}.png` }); };
const voxelsOfBox = async () => (await page.innerText("[data-crop-voxels]")).split(" × ").map(Number);

/** A case's grid, voxels and mask as anybody in it gets them. */
async function contentOf(id: string): Promise<{ grid: Grid; hu: Int16Array; labels: Uint8Array; report: { findings: { code: string; severity: string; message: string }[]; provenance: Record<string, unknown> } }> {
  const { grid } = await person.query<{ grid: Grid }>("cases.get", { caseId: id }), room = new HeadlessRoom(product.origin, person, id, grid);
  try {
    await until("joined", () => room.isSynced && room.fold.blobNeeded().length === 0, 20_000);
    const { data } = decodeNifti(gunzipSync(new Uint8Array(await (await person.ask(`/api/cases/${id}/volume`)).arrayBuffer())));
    return { grid, hu: Int16Array.from(data), labels: denseLabels(room.fold.labelmap()), report: await person.query("imports.report", { caseId: id }) };
  } finally {
    room.close();
  }
}
/** The case that the newest derived volume became. */
async function newestDerived(count: number): Promise<string> {
  await page.waitForFunction((n) => document.querySelectorAll("[data-derived=done] a").length === n, count, { timeout: 60_000 });
  return (await page.locator("[data-derived=done] a").last().getAttribute("href"))?.split("/").at(-1) ?? "";
}

describe("volumes made in the room", () => {
  beforeAll(async () => {
    product = await startMadeDemo();
    person = await signInHeadless(product.origin, "demo-engineer");
    const file = gzipSync(encodeNifti({ grid: ct.grid, data: ct.hu }), { level: 1 }), { id } = await person.mutate<{ id: string }>("uploads.start", { totalBytes: file.length, options: {} });
    await person.ask(`/api/uploads/${id}/file?name=0.nii.gz&offset=0`, { method: "PUT", body: new Uint8Array(file), headers: { "content-type": "application/octet-stream" } });
    await person.mutate("uploads.finish", { id });
    caseId = await until("imported", async () => (await person.query<{ caseId: string | null }>("uploads.get", { id })).caseId ?? false, 60_000);
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
    page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(`${product.origin}/sign-in`);
    await page.click("[data-person=engineer]");
    await page.waitForSelector("tr[data-case]");
    await page.goto(`${product.origin}/cases/${caseId}`);
    await ready(page);
  });
  afterAll(async () => {
    await browser?.close();
    await product?.stop();
  });

  it("IM7: a box by handles in all three slices: drag, arrow keys, Escape; the crop's voxels and mask are this case's, bit for bit", async () => {
    await page.keyboard.press("t");
    await page.click("button:has-text('Put this range into')");
    await page.waitForFunction(() => Number(document.querySelector("[data-segment='1']")?.getAttribute("data-voxels")) > 1000);
    await saved(page);
    await page.keyboard.press("p");
    expect(await voxelsOfBox()).toEqual([64, 64, 50]);
    expect(await page.isDisabled("[data-make-derived]")).toBe(true);
    const handle = (name: string) => page.locator(`[data-crop-handle='${name}']`);
    const centre = async (name: string) => { const box = await handle(name).boundingBox(); if (!box) throw new Error(name); return [box.x + box.width / 2, box.y + box.height / 2] as const; };
    const pull = async (name: string, dx: number, dy: number, isBroken = false) => {
      const [x, y] = await centre(name);
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x + dx, y + dy, { steps: 6 });
      if (isBroken) await page.keyboard.press("Escape");
      await page.mouse.up();
    };
    // Radiological: the patient's right is at the left of the screen.
    await pull("axial right", 40, 0);
    const [afterRight] = await voxelsOfBox();
    expect(afterRight).toBeLessThan(62);
    await pull("coronal upper", 0, 30);
    await pull("sagittal lower front", 25, -20);
    const [, front, tall] = await voxelsOfBox();
    expect(front).toBeLessThan(64);
    expect(tall).toBeLessThan(48);
    // Escape while dragging puts the box back, and the tool stays.
    await pull("axial left", -60, 0, true);
    expect(await voxelsOfBox()).toEqual([afterRight, front, tall]);
    await handle("axial left").focus();
    await page.keyboard.press("ArrowLeft");
    expect((await voxelsOfBox())[0]).toBe(afterRight - 1);
    await page.keyboard.press("Shift+ArrowLeft");
    expect((await voxelsOfBox())[0]).toBe(afterRight - 11);
    await page.keyboard.press("ArrowUp");
    expect(await voxelsOfBox()).toEqual([afterRight - 11, front, tall]);
    const size = (await page.innerText("[data-crop-size]")).replace(" mm", "").split(" × ").map(Number), told = await handle("axial right").getAttribute("aria-label");
    expect(told).toMatch(/Crop, right face in the axial view, R \d+\.\d mm/);
    await expectAccessible(page, "crop in the room");
    await shot("crop");

    await page.click("[data-make-derived]");
    const id = await newestDerived(1), was = await contentOf(caseId), made = await contentOf(id), { dims, origin, spacing } = made.grid;
    expect(dims).toEqual([afterRight - 11, front, tall]);
    for (const axis of [0, 1, 2]) expect(dims[axis] * spacing[axis]).toBeCloseTo(size[axis], 0);
    const low = origin.map((mm, axis) => Math.round((mm - was.grid.origin[axis]) / was.grid.spacing[axis]));
    // The right and front and upper ends went, and eleven voxels at the left.
    expect(low[0]).toBe(11);
    expect(low[1]).toBe(0);
    expect(low[2]).toBeGreaterThan(0);
    let differing = 0, drawn = 0;
    for (let z = 0, at = 0; z < dims[2]; z++) for (let y = 0; y < dims[1]; y++) for (let x = 0; x < dims[0]; x++, at++) {
      const from = low[0] + x + 64 * (low[1] + y + 64 * (low[2] + z));
      if (made.hu[at] !== ct.hu[from] || made.labels[at] !== was.labels[from]) differing++;
      if (made.labels[at] === 1) drawn++;
    }
    expect(differing).toBe(0);
    expect(drawn).toBeGreaterThan(1000);
    expect(made.report.findings.find(({ code }) => code === "masks-carried")?.message).toContain("voxel for voxel");
    // The case opens with the mask in it.
    await page.goto(`${product.origin}/cases/${id}`);
    await ready(page);
    await page.waitForFunction((n) => Number(document.querySelector("[data-segment='1']")?.getAttribute("data-voxels")) === n, drawn);
    await shot("cropped");
  });

  it("IM6: the plane is found and shown, moved by angles, laid through clicked landmarks; the turned case says that its positions differ", async () => {
    await page.goto(`${product.origin}/cases/${caseId}`);
    await ready(page);
    await page.keyboard.press("p");
    await page.click("button:has-text('Turn the head')");
    await page.waitForSelector("[data-plane-found]");
    for (const plane of ["axial", "coronal"]) expect(await page.locator(`[data-mid-plane=${plane}]`).count()).toBe(1);
    expect(Math.abs(Number(await page.inputValue("[data-angle=yawDeg]")))).toBeLessThan(0.5);
    const line = () => page.getAttribute("[data-mid-plane=axial]", "d"), found = await line();
    await page.fill("[data-angle=yawDeg]", "12");
    expect(await page.getAttribute("[data-plane-way=angles]", "aria-pressed")).toBe("true");
    expect(await line()).not.toBe(found);
    await shot("angles");
    await page.click("[data-plane-way=landmarks]");
    expect(await page.isDisabled("[data-make-derived]")).toBe(true);
    for (const [name, plane, x, y] of [["porionRight", "axial", 0.3, 0.5], ["porionLeft", "axial", 0.7, 0.5], ["nasion", "axial", 0.5, 0.2]] as const) {
      await page.click(`[data-landmark=${name}]`);
      await page.mouse.click(...await placeIn(page, plane, x, y));
    }
    expect(await page.locator("[data-landmark-mark]").count()).toBeGreaterThanOrEqual(3);
    await page.waitForSelector("[data-plane-by-landmarks]");
    expect(await page.innerText("[data-plane-by-landmarks]")).toMatch(/Yaw -?0\.\d\d°, roll -?0\.\d\d°/);
    await expectAccessible(page, "landmarks in the room");
    await shot("landmarks");
    // With a landmark set, dragging moves the crosshair as ever.
    await drag(page, "axial", [0.5, 0.5], [0.6, 0.6]);
    await page.click("[data-plane-way=angles]");
    await page.fill("[data-angle=yawDeg]", "6");
    await page.fill("[data-angle=asideMm]", "1.5");
    await page.click("[data-make-derived]");
    const id = await newestDerived(2), made = await contentOf(id);
    expect(made.grid.dims[0] % 2).toBe(1);
    expect(made.report.provenance).toMatchObject({ derivedFrom: { op: "reorient", plane: { by: "angles", yawDeg: 6, asideMm: 1.5 }, turn: { scanFromDerived: expect.anything() }, masks: { way: "nearest voxel" } } });
    expect(made.labels.reduce((n, value) => n + value, 0)).toBeGreaterThan(1000);
    await page.goto(`${product.origin}/cases/${id}`);
    await ready(page);
    expect(await page.innerText("[data-turned]")).toContain("positions differ from the scan's");
    await expectAccessible(page, "a turned case");
    await shot("turned");
    await page.click("[data-turned]");
    await page.waitForSelector("[data-finding=reoriented]");
    expect(await page.innerText("[data-finding=masks-carried]")).toContain("took the nearest one");
  });
});
