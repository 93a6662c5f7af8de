import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zipSync } from "fflate";
import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headCt } from "../../core/phantom/headCt.ts";
import { encodeNifti } from "../../core/volume/nifti.ts";
import { startMadeDemo } from "../support/madeDemo.ts";
import type { Product } from "../support/product.ts";
import { write } from "../support/letters.ts";
import { dicomSlice, element, sequence } from "../workers/import/dicomWriter.ts";
import { encapsulated, encoderOf } from "../workers/import/packedSlice.ts";
import { expectAccessible, ready, saved, signIn } from "./uiPage.ts";

let product: Product, browser: Browser, page: Page;
const sent: Buffer[] = [];
const shots = process.env.CASEROOM_PICTURES;
const shot = async (name: string) => { if (shots) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true }); };

beforeAll(async () => {
  product = await startMadeDemo();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ["--no-sandbox"] });
  page = await signIn(browser, product, "engineer");
  // Bodies that are blobs are not told by the browser's protocol: the page itself is listened at.
  await page.exposeFunction("tellSent", (latin: string) => { sent.push(Buffer.from(latin, "latin1")); });
  await page.addInitScript(() => {
    const send = XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.send = function (body) {
      if (body instanceof Blob) void body.arrayBuffer().then((bytes) => (window as unknown as { tellSent(latin: string): void }).tellSent(Array.from(new Uint8Array(bytes), (b) => String.fromCharCode(b)).join("")));
      send.call(this, body);
    };
  });
  await page.reload();
  page.on("request", (request) => { if (request.method() !== "GET") { const body = request.postDataBuffer(); if (body) sent.push(body); } });
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

let planted = 0;
const canary = () => `CANARY${String(++planted).padStart(4, "0")}`;
const { grid, hu } = headCt(3, [32, 32, 12]);
/** A small CT of a head as DICOM slices, with identifiers everywhere; the last slice half a gap above the one before. */
function slices(seriesUid: string, description: string, uneven: boolean, burnedIn = "NO", kernel = "H31s", written: readonly number[] = []): { name: string; mimeType: string; buffer: Buffer }[] {
  const [nx, ny, nz] = grid.dims;
  return Array.from({ length: nz }, (_, k) => {
    const stored = Int16Array.from(hu.subarray(k * nx * ny, (k + 1) * nx * ny));
    if (written.includes(k)) write(stored, nx, "SMITH", 1, 1, 1, 1500);
    const bytes = dicomSlice({
      z: uneven && k === nz - 1 ? (k - 0.5) * 2 : 2 * k, index: k, columns: nx, rows: ny, stored, signed: true, intercept: "0", seriesUid, sopUid: `${seriesUid}.${k + 1}`,
      name: "CANARYPATIENT^Eva", id: "CANARYID", birth: "19110203", pixelSpacing: [5, 5],
      extra: [element(8, 0x22, "DA", "20261101"), element(8, 0x103e, "LO", description), element(8, 0x70, "LO", "SIEMENS"), element(8, 0x80, "LO", canary()), element(8, 0x90, "PN", canary()), element(0x10, 0x4000, "LT", canary()), element(0x18, 0x1210, "SH", kernel), element(0x20, 0x11, "IS", "4"), element(0x28, 0x301, "CS", burnedIn), element(0x29, 0x1010, "LO", canary()), sequence(0x40, 0x275, [[element(8, 0x50, "SH", canary())]])],
    });
    bytes.set(new TextEncoder().encode(canary()), 0);
    return { name: `${canary()}.dcm`, mimeType: "application/dicom", buffer: Buffer.from(bytes) };
  });
}
/** Every byte that the product keeps, in files. */
async function everything(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name), bytes = await readFile(path).catch(() => null);
    if (bytes && (bytes.includes("CANARY") || bytes.includes("19110203") || entry.name.includes("CANARY"))) found.push(path);
  }
  return found;
}

describe("import in the page", () => {
  it("IM3: shows two series with pictures before anything leaves, sends the chosen one without a name, and reports", async () => {
    await page.setInputFiles("input[data-import-files]", [...slices("1.2.8", "CANARYDESCRIPTION thin", true), ...slices("1.2.9", "CANARYDESCRIPTION sharp", false, "NO", "H60s")]);
    await page.waitForSelector("[data-import=review]");
    expect(sent.filter((body) => body.includes("useRegularPart") || body.includes("DICM"))).toEqual([]);
    const panel = await page.innerText("[data-import]");
    expect(panel).toContain("2 series could be the volume");
    expect(panel).toContain("Patient's name (0010,0010)");
    expect(panel).toMatch(/a face can be recognised/);
    expect(panel).toMatch(/By DICOM PS3\.15: Basic Application Confidentiality Profile \(113100\), with Retain Longitudinal Temporal Information Modified Dates Option \(113107\)/);
    expect(await page.locator("[data-import] canvas").count()).toBe(2);
    // CT8: whose scan and of when, and a standard kernel that is at hand.
    expect(await page.locator("[data-patient]").count()).toBe(1);
    expect(await page.innerText("[data-patient]")).toMatch(/^CANARYPATIENT, Eva · ID CANARYID · born 3 Feb 1911/);
    expect(await page.innerText("[data-import] label:has-text('sharp')")).toMatch(/4 · CANARYDESCRIPTION sharp\s+1 Nov 2026 · kernel H60s \(sharp\)/);
    await page.locator("[data-import] label:has-text('sharp') input").check();
    await page.waitForSelector("[data-import]:has-text('its edges overshoot')");
    await shot("sharp");
    await page.click("button:has-text('Take the standard one')");
    expect(await page.isChecked("[data-import] label:has-text('thin') input")).toBe(true);
    expect(await page.locator("button:has-text('Take the standard one')").count()).toBe(0);
    expect(await page.innerText("[data-import]")).toMatch(/The scan is -?\d+ days old/);
    // IM11: the even part is what is taken, unless the person keeps all.
    expect(await page.innerText("[data-odd-end]")).toMatch(/One slice at an end lies 1 mm from its neighbour; the other 11 lie 2 mm apart/);
    expect(await page.isChecked("[data-odd-end] label:has-text('Take the 11 even slices') input")).toBe(true);
    await expectAccessible(page, "import review");
    await shot("review");
    // On a phone nothing of it stands beside the panel, where it would be cut off.
    const size = page.viewportSize();
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.locator("[data-import]").first().evaluate((panel) => { const { right } = panel.getBoundingClientRect(); return [...panel.querySelectorAll("label, p, button")].filter((one) => one.getBoundingClientRect().right > right + 1).map((one) => one.textContent); })).toEqual([]);
    if (size) await page.setViewportSize(size);
    await page.check("[data-odd-end] label:has-text('Keep all 12') input");
    await page.click("button:has-text('De-identify and upload')");
    await page.waitForSelector("[data-import=done]", { timeout: 60_000 });
    const files = sent.filter((body) => body.includes("DICM"));
    expect(files).toHaveLength(12);
    for (const body of sent) expect(body.includes("CANARY") || body.includes("19110203")).toBe(false);
    await page.waitForSelector("[data-import] a:has-text('Read it')");
    await shot("done");
  });

  it("IM5: the report: value, limit, what to ask for; an override in writing stands in it; the regular part is one click away", async () => {
    await page.click("[data-import] a:has-text('Read it')");
    const blocked = page.locator("[data-finding=CT1]");
    await blocked.waitFor();
    expect(await blocked.innerText()).toMatch(/2 mm.*limit 1\.25 mm[\s\S]*What to ask for/);
    await expectAccessible(page, "CT report");
    await shot("report");
    // IM17: the slices as they were, all twelve of them, are a click away.
    const [acquired] = await Promise.all([page.waitForEvent("download"), page.click("[data-finding=resampled] a:has-text('Download the slices as acquired')")]);
    const kept = await readFile(await acquired.path());
    expect([acquired.suggestedFilename(), kept.toString("latin1", 0, kept.indexOf("\n\n"))]).toEqual([expect.stringMatching(/-acquired\.nrrd$/), expect.stringMatching(/^NRRD0005\n[\s\S]*\nsizes: 32 32 12\n/)]);
    // A picture of gaps has no sides of the patient.
    expect(await page.locator("[data-finding=uneven-end-slice] [data-letter]").count()).toBe(0);
    // Everything on the page is within the wheel's reach, and the bar stays.
    await page.mouse.move(500, 500);
    await page.mouse.wheel(0, 20_000);
    const lastLine = page.locator("summary:has-text('Where it comes from')");
    await expect.poll(async () => (await lastLine.boundingBox())?.y ?? Infinity).toBeLessThan(768);
    expect((await page.locator("header").boundingBox())?.y).toBeLessThan(60);
    await blocked.locator("button:has-text('Override in writing')").click();
    await blocked.locator("textarea").fill("A trial on a made head: no patient is planned on it.");
    await blocked.locator("button[type=submit]").click();
    await blocked.locator("blockquote").waitFor();
    expect(await blocked.innerText()).toMatch(/overridden[\s\S]*A trial on a made head/);
    // CK10: for another region another limit holds, by itself, and the override of what was found for the old one falls.
    await page.selectOption("[data-region-choice]", "face");
    await page.waitForSelector("[data-finding=CT2]", { timeout: 60_000 });
    expect(await page.locator("[data-finding=CT2]").innerText()).toMatch(/2 mm.*limit 1 mm/);
    expect([await page.locator("[data-finding=CT1]").count(), await page.locator("[data-finding=CT2] blockquote").count(), await page.inputValue("[data-region-choice]")]).toEqual([0, 0, "face"]);
    await shot("region");
    await page.locator("[data-finding=uneven-end-slice] button").click();
    await page.waitForSelector("[data-derived=done]", { timeout: 60_000 });
    await shot("derived");
    await page.click("[data-derived=done] a");
    await page.waitForURL(/\/cases\/[0-9a-f-]+$/);
    await page.goto(`${page.url()}/report`);
    await page.waitForSelector("[data-finding=regular-part]");
    expect(await page.innerText("main")).toContain("32 × 32 × 11 voxels");
  });

  it("files chosen before the page's script runs are read as soon as it does", async () => {
    const waiting: (() => void)[] = [];
    let isHeld = true;
    await page.route("**/*.js*", async (route) => {
      if (isHeld) await new Promise<void>((resolve) => waiting.push(resolve));
      await route.continue();
    });
    await page.goto(product.origin, { waitUntil: "commit" });
    await page.setInputFiles("input[data-import-files]", slices("1.2.16", "CANARY early", false));
    expect([waiting.length > 0, await page.locator("[data-import]").count()]).toEqual([true, 0]);
    isHeld = false;
    for (const go of waiting) go();
    await page.waitForSelector("[data-import=review]");
    await page.unroute("**/*.js*");
    await page.click("[data-import] button:has-text('Cancel')");
    await page.waitForSelector("[data-import]", { state: "detached" });
  });

  it("IM11: where nobody keeps the slice at an uneven end, the even run is taken, and the report says so with attention", async () => {
    await page.goto(product.origin);
    await page.setInputFiles("input[data-import-files]", slices("1.2.15", "CANARY even part", true));
    await page.waitForSelector("[data-odd-end]");
    await page.click("button:has-text('De-identify and upload')");
    await page.waitForSelector("[data-import=done]", { timeout: 60_000 });
    await page.click("[data-import] a:has-text('Read it')");
    expect(await page.innerText("[data-finding=regular-part][data-severity=attention]")).toMatch(/One slice at an uneven distance was left out; the 11 of the longest even run are used/);
    expect(await page.innerText("main")).toContain("32 × 32 × 11 voxels");
    expect(await page.locator("[data-finding=uneven-end-slice], [data-finding=resampled]").count()).toBe(0);
  });

  it("a volume file with text in its header, and a zip of slices, go the same way", async () => {
    await page.goto(product.origin);
    const nifti = encodeNifti({ grid, data: hu });
    nifti.set(new TextEncoder().encode(canary()), 148);
    await page.setInputFiles("input[data-import-files]", { name: `${canary()}.nii.gz`, mimeType: "application/gzip", buffer: Buffer.from(gzipSync(nifti, { filename: "CANARYNAME.nii" })) });
    await page.waitForSelector("[data-import=review]");
    expect(await page.innerText("[data-import]")).toContain("descrip, the file name inside the packing");
    await page.click("[data-import] button:has-text('Cancel')");
    // Also where nothing in it needs a look: the region is asked for, and the face is told of.
    const before = sent.length;
    await page.setInputFiles("input[data-import-files]", { name: "head.nii", mimeType: "application/octet-stream", buffer: Buffer.from(encodeNifti({ grid, data: hu })) });
    await page.waitForSelector("[data-import=review]:has-text('a face can be recognised')");
    await shot("volume");
    expect(sent.length).toBe(before);
    await page.selectOption("[data-import] select", "pelvis");
    await page.click("[data-import] button:text-matches('^Upload')");
    await page.waitForSelector("[data-import=done]", { timeout: 60_000 });
    await page.click("[data-import] a:has-text('Read it')");
    await page.click("button:has-text('checks that pass')");
    await page.waitForSelector("[data-finding=pelvis-coverage]");
    await page.goto(product.origin);
    await page.setInputFiles("input[data-import-files]", { name: `${canary()}.nii.gz`, mimeType: "application/gzip", buffer: Buffer.from(gzipSync(nifti, { filename: "CANARYNAME.nii" })) });
    await page.waitForSelector("[data-import=review]");
    await page.click("button:has-text('De-identify and upload')");
    await page.waitForSelector("[data-import=done]", { timeout: 60_000 });
    const zip = zipSync(Object.fromEntries(slices("1.2.10", "CANARY", false, "YES").map(({ name, buffer }) => [`CANARYDIR/${name}`, new Uint8Array(buffer)])));
    await page.setInputFiles("input[data-import-files]", { name: "CANARYZIP.zip", mimeType: "application/zip", buffer: Buffer.from(zip) });
    await page.waitForSelector("[data-import=review]:has-text('text is burned in')");
    // F20: a person looks at the pixels first.
    expect(await page.isDisabled("button:has-text('De-identify and upload')")).toBe(true);
    await page.click("button:has-text('Look at the slices')");
    await page.waitForSelector("dialog [data-slice]");
    await page.keyboard.press("Escape");
    await page.check("label:has-text('no name can be read') input");
    await page.click("button:has-text('De-identify and upload')");
    await page.waitForSelector("[data-import=done]", { timeout: 60_000 });
    for (const body of sent) expect(body.includes("CANARY")).toBe(false);
  });

  it("takes the masks of a labelmap into the room as a proposal, at their place; a mask of another scan is refused", async () => {
    await page.goto(`${product.origin}${await page.getAttribute("[data-import] a.button-primary", "href")}`);
    await ready(page);
    const labels = Uint8Array.from({ length: hu.length }, (_, i) => (hu[i] > 226 ? 1 : 0)), inside = labels.reduce((sum, v) => sum + v, 0);
    // The case came from slices: its pixels run to the left and to the back, 5 mm apart, from (10, 20, 0) LPS.
    const own = { dims: grid.dims, spacing: [5, 5, 2] as const, origin: [-10 - 31 * 5, -20 - 31 * 5, 0] as const };
    const maskOf = (origin: readonly [number, number, number]) => ({ name: "bone.nii", mimeType: "application/octet-stream", buffer: Buffer.from(encodeNifti({ grid: { ...own, origin }, data: labels })) });
    await page.setInputFiles("input[data-mask-file]", maskOf([5000, 0, 0]));
    await page.waitForSelector("[role=alert]:has-text('another scan')");
    await page.setInputFiles("input[data-mask-file]", maskOf(own.origin));
    await page.waitForSelector("dialog:has-text('exactly this case')");
    expect(await page.innerText("dialog")).toContain(`${inside} voxels`);
    await shot("masks");
    await page.click("dialog button:has-text('Propose them')");
    await page.waitForSelector("[data-segment='2']:has-text('Label 1'), [data-segment='2'] input");
    await saved(page);
  });

  it("takes a surface out of an STL, in the unit that the person says, into the room and out again", async () => {
    // A tetrahedron of 20 units, its header with a name.
    const stl = Buffer.alloc(84 + 4 * 50), corners = [[0, 0, 0], [20, 0, 0], [0, 20, 0], [0, 0, 20]], faces = [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]];
    stl.write("CANARY header", 0, "latin1");
    stl.writeUInt32LE(4, 80);
    faces.forEach((face, f) => face.forEach((corner, c) => corners[corner].forEach((n, a) => stl.writeFloatLE(n, 84 + 50 * f + 12 + 12 * c + 4 * a))));
    await page.setInputFiles("input[data-surface-file]", { name: "CANARY jaw.stl", mimeType: "model/stl", buffer: stl });
    await page.fill("dialog input.field", "Upper jaw");
    expect(await page.isDisabled("dialog button.button-primary")).toBe(true);
    await page.locator("dialog select").nth(1).selectOption("in");
    await page.waitForSelector("dialog:has-text('508.0 × 508.0 × 508.0 mm')");
    await page.locator("dialog select").nth(1).selectOption("mm");
    await page.waitForSelector("dialog:has-text('20.0 × 20.0 × 20.0 mm')");
    await expectAccessible(page, "surface from a file");
    await shot("surface");
    await page.click("dialog button:has-text('Add the surface')");
    await page.waitForSelector("[data-file-surface]:has-text('Upper jaw'):has-text('4 triangles, mm')");
    await page.waitForTimeout(500);
    await shot("room");
    const caseId = new URL(page.url()).pathname.split("/")[2], list = await page.context().request.get(`${product.origin}/api/trpc/fileSurfaces.list?input=${encodeURIComponent(JSON.stringify({ json: { caseId } }))}`);
    // LPS to RAS turns x and y; the volume is that of the tetrahedron.
    expect(await list.json()).toMatchObject({ result: { data: { json: [{ unit: "mm", space: "lps", facts: { triangles: 4, boxMm: { low: [-20, -20, 0], high: [0, 0, 20] } } }] } } });
    const bad = await page.context().request.post(`${product.origin}/api/cases/${caseId}/surfaces?name=x&kind=other&color=%23ffffff&format=stl&unit=mm&space=lps`, { data: Buffer.from("no mesh at all"), headers: { "x-caseroom": "1", origin: product.origin, "content-type": "application/octet-stream" } });
    expect(bad.status()).toBe(400);
    // A 3MF says its unit itself; what is none, or is a trap, is refused with a reason.
    const model = (inside: string, unit: string) => Buffer.from(zipSync({ "3D/3dmodel.model": Buffer.from(`<?xml version="1.0"?><model unit="${unit}" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02"><resources><object id="1"><mesh>${inside}</mesh></object></resources><build><item objectid="1"/></build></model>`) }));
    const tetra = `<vertices>${["0 0 0", "1 0 0", "0 1 0", "0 0 1"].map((at) => { const [x, y, z] = at.split(" "); return `<vertex x="${x}" y="${y}" z="${z}"/>`; }).join("")}</vertices><triangles>${["0 2 1", "0 1 3", "1 2 3", "0 3 2"].map((at) => { const [a, b, c] = at.split(" "); return `<triangle v1="${a}" v2="${b}" v3="${c}"/>`; }).join("")}</triangles>`;
    const give = (name: string, buffer: Buffer) => page.setInputFiles("input[data-surface-file]", { name, mimeType: "model/3mf", buffer });
    for (const [buffer, words] of [[Buffer.from(stl), "is no 3MF"], [model(" ".repeat(30_000_000), "inch"), "unpacks to more than 100 times its size"], [model(tetra.replace('v3="2"', 'v3="9"'), "inch"), "names vertex 9 of 4"], [model(tetra.replace('x="1"', 'x="NaN"'), "inch"), "a coordinate that is not a number"]] as const) {
      await give("trap.3mf", buffer);
      await page.waitForSelector(`dialog [role=alert]:has-text('${words}')`);
      expect([await page.isDisabled("dialog button.button-primary"), await page.locator("dialog select").count()]).toEqual([true, 2]);
      await page.click("dialog button:has-text('Cancel')");
    }
    await give("part.3mf", model(tetra, "inch"));
    await page.fill("dialog input.field", "Printed part");
    await page.waitForSelector("dialog:has-text('25.4 × 25.4 × 25.4 mm')");
    await page.click("dialog button:has-text('Add the surface')");
    await page.waitForSelector("[data-file-surface]:has-text('Printed part'):has-text('4 triangles, mm')");
    await page.click("[aria-label='Remove Printed part']");
    await page.click("[aria-label='Remove Upper jaw']");
    await page.waitForSelector("[data-file-surface]", { state: "detached" });
    await page.goto(product.origin);
  });

  it("draws a picture of series in JPEG-LS, JPEG 2000 and HTJ2K too, under the product's own policy", async () => {
    const packed = ([["jpegLs", "80"], ["jpeg2000", "90"], ["htj2k", "201"]] as const).map(async ([codec, syntax]) => {
      const encode = await encoderOf(codec), [nx, ny] = grid.dims;
      return slices(`1.2.14.${syntax}`, codec, false).map((file, k) => {
        const stored = Int16Array.from(hu.subarray(k * nx * ny, (k + 1) * nx * ny));
        return { ...file, buffer: Buffer.from(encapsulated(new Uint8Array(file.buffer), `1.2.840.10008.1.2.4.${syntax}`, encode(stored, nx, ny, true))) };
      });
    });
    await page.setInputFiles("input[data-import-files]", [...(await Promise.all(packed)).flat(), ...slices("1.2.14.1", "plain", false)]);
    await page.waitForSelector("[data-import=review]");
    const pictures = await page.evaluate(() => [...document.querySelectorAll<HTMLCanvasElement>("[data-import] canvas")].map((canvas) => [...canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? []].join()));
    expect(pictures).toHaveLength(4);
    expect([new Set(pictures).size, new Set(pictures[0].split(",")).size > 20]).toEqual([1, true]);
    await page.click("[data-import] button:has-text('Cancel')");
    await page.waitForSelector("[data-import=review]", { state: "detached" });
  });

  it("IM13 F20: text in any slice is found before the upload; the slices are looked at in full size, by the keyboard, before one says so", async () => {
    await page.goto(product.origin);
    await page.setInputFiles("input[data-import-files]", slices("1.2.17", "CANARY written", false, "NO", "H31s", [3, 7]));
    await page.waitForSelector("[data-import=review]:has-text('found in 2 of the 12 pictures looked at')");
    expect(await page.isDisabled("label:has-text('no name can be read') input")).toBe(true);
    await shot("written");
    await page.click("button:has-text('Look at the slices')");
    const at = async (k: number, boxes: number) => {
      await page.waitForSelector(`dialog [data-slice='${k}']:has-text('Slice ${k + 1} of 12')`);
      expect([await page.locator("dialog [data-text-box]").count(), await page.evaluate(() => { const canvas = document.querySelector<HTMLCanvasElement>("dialog canvas"); return [canvas?.width, canvas?.height]; })]).toEqual([boxes, [32, 32]]);
    };
    await at(3, 1);
    await shot("slices");
    await expectAccessible(page, "slices of a series");
    for (const [key, k, boxes] of [["ArrowRight", 4, 0], ["PageDown", 7, 1], ["Home", 0, 0], ["End", 11, 0], ["PageUp", 7, 1], ["ArrowLeft", 6, 0]] as const) {
      await page.keyboard.press(key);
      await at(k, boxes);
    }
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    await page.check("label:has-text('no name can be read') input");
    await page.click("button:has-text('De-identify and upload')");
    await page.waitForSelector("[data-import=done]", { timeout: 60_000 });
    // The import looks at the same slices.
    await page.click("[data-import] a:has-text('Read it')");
    expect(await page.innerText("[data-finding=burned-in]")).toMatch(/found in 2 of the 12 slices looked at, first in the image at z 6\.0 mm/);
    await page.goto(product.origin);
  });

  it("goes on with an upload after the page was reloaded and the same files were chosen again, by what is decided then", async () => {
    const files = slices("1.2.11", "CANARY resumed", true);
    let arrived = 0;
    await page.route("**/api/uploads/*/file?*", (route) => (++arrived > 5 ? route.abort("connectionreset") : route.continue()));
    const { mkdtemp, rm, utimes, writeFile } = await import("node:fs/promises"), dir = await mkdtemp("/tmp/caseroom-resume-");
    const paths = await Promise.all(files.map(async ({ name, buffer }) => { const path = join(dir, name); await writeFile(path, buffer); await utimes(path, 1e9, 1e9); return path; }));
    await page.setInputFiles("input[data-import-files]", paths);
    await page.selectOption("[data-import] select", "face");
    await page.click("button:has-text('De-identify and upload')");
    await page.waitForSelector("[data-import=sending]:has-text('The connection broke')");
    page.once("dialog", (dialog) => void dialog.accept());
    await page.reload();
    expect(JSON.stringify(await page.evaluate(() => ({ ...localStorage, ...sessionStorage })))).not.toMatch(/CANARY|1911/);
    await page.unroute("**/api/uploads/*/file?*");
    const before = sent.filter((body) => body.includes("DICM")).length;
    await page.setInputFiles("input[data-import-files]", paths);
    await page.waitForSelector("[data-import=review]:has-text('goes on where it stopped')");
    // What was decided before the break stands there, and can be decided anew.
    expect(await page.inputValue("[data-import] select")).toBe("face");
    expect(await page.isChecked("[data-odd-end] label:has-text('Take the 11 even slices') input")).toBe(true);
    await page.selectOption("[data-import] select", "pelvis");
    await page.check("[data-odd-end] label:has-text('Keep all 12') input");
    await page.click("button:has-text('Go on with the upload')");
    await page.waitForSelector("[data-import=done]", { timeout: 60_000 });
    const again = sent.filter((body) => body.includes("DICM")).length - before;
    expect(again).toBeGreaterThan(0);
    expect(again).toBeLessThan(12);
    await page.click("[data-import] a:has-text('Read it')");
    await page.waitForSelector("[data-finding=uneven-end-slice]");
    // Limits of the pelvis (CT3), and no slice left out.
    expect(await page.locator("[data-finding=CT3]").count()).toBe(1);
    expect(await page.locator("[data-finding=CT2], [data-finding=regular-part]").count()).toBe(0);
    await page.goto(product.origin);
    await rm(dir, { recursive: true });
  });

  it("F19: identifiers that came past the page are in no file, no database page and no log", async () => {
    const raw = slices("1.2.12", canary(), false), call = async (path: string, body: unknown) => {
      const answer = await page.context().request.post(`${product.origin}/api/trpc/${path}`, { data: { json: body }, headers: { "x-caseroom": "1", origin: product.origin } });
      expect(answer.status()).toBe(200);
      return ((await answer.json()) as { result: { data: { json: { id: string } } } }).result.data.json;
    };
    const { id } = await call("uploads.start", { totalBytes: 100_000 });
    for (const { name, buffer } of raw) expect((await page.context().request.put(`${product.origin}/api/uploads/${id}/file?name=${name}&offset=0`, { data: buffer, headers: { "content-type": "application/octet-stream", "x-caseroom": "1", origin: product.origin } })).status()).toBe(200);
    await call("uploads.finish", { id });
    let row: { state: string; caseId: string | null } = { state: "", caseId: null };
    for (let i = 0; i < 100 && row.state !== "done"; i++) {
      await page.waitForTimeout(200);
      const answer = await page.context().request.get(`${product.origin}/api/trpc/uploads.get?input=${encodeURIComponent(JSON.stringify({ json: { id } }))}`);
      row = ((await answer.json()) as { result: { data: { json: typeof row } } }).result.data.json;
    }
    expect(row.state).toBe("done");
    const exported = await page.context().request.get(`${product.origin}/api/cases/${row.caseId}/volume`);
    expect((await exported.body()).includes("CANARY")).toBe(false);
    const report = await page.context().request.get(`${product.origin}/api/trpc/imports.report?input=${encodeURIComponent(JSON.stringify({ json: { caseId: row.caseId } }))}`);
    expect(await report.text()).toContain('"CT11"');
    expect(await report.text()).not.toMatch(/CANARY|1\.2\.12/);
    expect(await everything(product.dataDir)).toEqual([]);
    expect(product.output()).not.toMatch(/CANARY|19110203/);
    expect(planted).toBeGreaterThanOrEqual(200);
  });
});
