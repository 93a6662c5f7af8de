import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { burnedInText } from "../../../core/deidentify/burnedIn.ts";
import { headCt } from "../../../core/phantom/headCt.ts";
import { describeImage } from "../../../core/volume/dicom/image.ts";
import { readDicom } from "../../../core/volume/dicom/reader.ts";

const head = resolve("../shared/data/head_ct_0051");
if (!existsSync(head)) console.log(`not run: ${head} is not there`);
/** Letters of 5 × 7 dots, a row a number. */
const font: Record<string, number[]> = {
  A: [14, 17, 17, 31, 17, 17, 17], C: [14, 17, 16, 16, 16, 17, 14], D: [30, 17, 17, 17, 17, 17, 30], E: [31, 16, 16, 30, 16, 16, 31], H: [17, 17, 17, 31, 17, 17, 17], I: [14, 4, 4, 4, 4, 4, 14], J: [7, 2, 2, 2, 2, 18, 12],
  M: [17, 27, 21, 21, 17, 17, 17], N: [17, 25, 21, 19, 17, 17, 17], O: [14, 17, 17, 17, 17, 17, 14], R: [30, 17, 17, 30, 20, 18, 17], S: [15, 16, 16, 14, 1, 1, 30], T: [31, 4, 4, 4, 4, 4, 4], "1": [4, 12, 4, 4, 4, 4, 14], "9": [14, 17, 17, 15, 1, 2, 12], "6": [6, 8, 16, 30, 17, 17, 14],
};
const words = ["SMITH JOHN", "DOE JANE 1961", "HERMANN", "MRN 119966", "JOHANNES", "1961", "TERESA", "OH1 9669", "NAME", "CHARTS"];

function write(values: Int16Array, width: number, text: string, left: number, top: number, scale: number, value: number): void {
  for (const [n, letter] of [...text].entries()) for (let row = 0; row < 7; row++) for (let column = 0; column < 5; column++) {
    if (!((font[letter]?.[row] ?? 0) >> (4 - column) & 1)) continue;
    for (let dy = 0; dy < scale; dy++) for (let dx = 0; dx < scale; dx++) values[left + scale * (6 * n + column) + dx + width * (top + scale * row + dy)] = value;
  }
}

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

  it.runIf(existsSync(head))("of the real head's 108 slices none is called written on", () => {
    const called = readdirSync(head).filter((name) => name.endsWith(".dcm")).filter((name) => {
      const read = readDicom(new Uint8Array(readFileSync(join(head, name)))), image = describeImage(read), { offset } = read.pixels ?? { offset: 0 };
      const values = Int16Array.from({ length: 512 * 512 }, (_, p) => read.bytes[offset + 2 * p] | read.bytes[offset + 2 * p + 1] << 8);
      return burnedInText(values, image?.columns ?? 512, image?.rows ?? 512).length > 0;
    });
    expect(called).toEqual([]);
  }, 60_000);
});
