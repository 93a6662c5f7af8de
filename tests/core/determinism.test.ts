import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const files = (dir: string): string[] => readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? files(join(dir, entry.name)) : entry.name.endsWith(".ts") ? [join(dir, entry.name)] : []);

/** Code without comments, strings kept: what could run. */
const code = (file: string) => readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:])\/\/.*$/gm, "$1");

// The constants of Math are the same numbers everywhere; of its functions only those whose results IEEE 754 or the standard fixes.
const forbidden = [
  /\bMath\.(?!PI\b|SQRT1_2\b|abs|sqrt|floor|ceil|trunc|round|min|max|fround|imul|sign|clz32)[a-zA-Z]\w*/,
  /\*\*/, /\bnew Date\b|\bDate\.now\b/, /\bIntl\./, /\.localeCompare\(/, /node:zlib/,
];

describe("determinism of core", () => {
  it("JB5: core uses no function whose result differs between engines, no clock, no randomness", () => {
    const found = files("core").flatMap((file) => forbidden.flatMap((pattern) => {
      const match = code(file).match(pattern);
      return match ? [`${file}: ${match[0]}`] : [];
    }));
    expect(found).toEqual([]);
  });

  it("JB5: the check sees what it forbids", () => {
    expect(forbidden.some((pattern) => pattern.test("Math.pow(2, 3)"))).toBe(true);
    expect(forbidden.some((pattern) => pattern.test("a ** b"))).toBe(true);
    expect(forbidden.some((pattern) => pattern.test("Math.sqrt(2)"))).toBe(false);
  });
});
