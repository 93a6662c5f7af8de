import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { burnedInText, isTextSample, slicesToLookAt } from "../../../core/deidentify/burnedIn.ts";
import { headCt } from "../../../core/phantom/headCt.ts";
import { describeImage } from "../../../core/volume/dicom/image.ts";
import { readDicom } from "../../../core/volume/dicom/reader.ts";
import { write } from "../../support/letters.ts";

const head = resolve("../shared/data/head_ct_0051");
if (!existsSync(head)) console.log(`not run: ${head} is not there`);
const words = ["SMITH JOHN", "DOE JANE 1961", "HERMANN", "MRN 119966", "JOHANNES", "1961", "TERESA", "OH1 9669", "NAME", "CHARTS"];

describe("F20: text burned into pictures", () => {
  it("of 200 synthetic burn-ins in noisy slices at least 198 are pointed at, on the spot", () => {
    const width = 256, { hu, grid } = headCt(11, [width, width, 6]);
    let random = 7, found = 0;
    const next = (n: number) => { random = Math.imul(random, 1664525) + 1013904223 >>> 0; return Math.floor(random / 2 ** 32 * n); };
    for (let n = 0; n < 200; n++) {
      const slice = Int16Array.from(hu.subarray((n % grid.dims[2]) * width * width, (n % grid.dims[2] + 1) * width * width), (v) => v + next(31) - 15);
      const text = words[n % words.length], scale = 1 + next(3), left = next(width - 6 * scale * text.length), top = n % 2 ? next(30) : width - 8 * scale - next(30), value = [255, 1500, 3071, 4095][next(4)];
      write(slice, width, text, left, top, scale, value);
      const middle = [left + 3 * scale * text.length, top + 3.5 * scale];
      if (burnedInText(slice, width, width).some((box) => box.left <= middle[0] && box.right >= middle[0] - 6 * scale && box.top <= middle[1] && box.bottom >= middle[1])) found++;
    }
    expect(found).toBeGreaterThanOrEqual(198);
  });

  it("in a picture that lies turned it is the same, its place told upright", () => {
    const [width, height] = [80, 60], values = new Int16Array(width * height).fill(-1000), turned = (isMirrored: boolean, isUpsideDown: boolean) => Int16Array.from(values, (_v, at) => values[(isMirrored ? width - 1 - at % width : at % width) + width * (isUpsideDown ? height - 1 - Math.floor(at / width) : Math.floor(at / width))]);
    write(values, width, "DOE JANE", 7, 30, 1, 900);
    const told = burnedInText(values, width, height);
    expect(told).toEqual([{ left: 7, top: 30, right: 53, bottom: 36 }]);
    for (const isMirrored of [false, true]) for (const isUpsideDown of [false, true]) expect(burnedInText(turned(isMirrored, isUpsideDown), width, height, { isMirrored, isUpsideDown })).toEqual(told);
  });

  it("IM13: every slice is looked at, but of a packed series as a scanner makes it 25, with both ends", () => {
    const packed = { isPacked: true, imageType: "ORIGINAL\\PRIMARY", burnedIn: "NO" };
    expect([[packed, packed], [packed, { ...packed, isPacked: false }], [{ ...packed, imageType: "DERIVED\\SECONDARY" }], [{ ...packed, burnedIn: "YES" }]].map(isTextSample)).toEqual([true, false, false, false]);
    expect(slicesToLookAt(300, false)).toHaveLength(300);
    expect([slicesToLookAt(25, true).length, slicesToLookAt(26, true), slicesToLookAt(300, true).at(-1)]).toEqual([25, [...Array(24).keys(), 25], 299]);
  });

  it.runIf(existsSync(head))("of the real head's 108 slices none is called written on", () => {
    const called = readdirSync(head).filter((name) => name.endsWith(".dcm")).filter((name) => {
      const read = readDicom(new Uint8Array(readFileSync(join(head, name)))), image = describeImage(read), { offset } = read.pixels ?? { offset: 0 };
      const values = Int16Array.from({ length: 512 * 512 }, (_, p) => read.bytes[offset + 2 * p] | read.bytes[offset + 2 * p + 1] << 8);
      return burnedInText(values, image?.columns ?? 512, image?.rows ?? 512).length > 0;
    });
    expect(called).toEqual([]);
  }, 60_000);
});
