import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openUidVault, UidsSealed } from "../../../server/record/uidVault.ts";

let dir = "", other = "";
beforeAll(() => { [dir, other] = ["one", "other"].map((name) => mkdtempSync(join(tmpdir(), `caseroom-vault-${name}-`))); });
afterAll(() => { for (const one of [dir, other]) rmSync(one, { recursive: true, force: true }); });

const uid = fc.array(fc.nat(99_999), { minLength: 2, maxLength: 8 }).map((parts) => parts.join("."));

it("IM8: what is sealed opens in its place with its key alone, says nothing of itself, and is never the same twice", () => {
  const vault = openUidVault(dir), foreign = openUidVault(other);
  fc.assert(fc.property(fc.array(fc.tuple(uid, uid), { maxLength: 20 }), fc.string(), (pairs, place) => {
    const originals = new Map(pairs), sealed = vault.seal(originals, place);
    expect(vault.open(sealed, place)).toEqual(originals);
    expect(vault.seal(originals, place)).not.toEqual(sealed);
    const text = Buffer.from(sealed).toString("latin1");
    for (const [shown, original] of pairs) expect([text.includes(`"${shown}"`), text.includes(`"${original}"`)]).toEqual([false, false]);
    expect(() => vault.open(sealed, `${place}!`)).toThrow(UidsSealed);
    expect(() => foreign.open(sealed, place)).toThrow(/another key/);
  }), { numRuns: 50 });
});

it("IM8: a changed or missing byte anywhere is refused without a word of what is in it", () => {
  const vault = openUidVault(dir), sealed = vault.seal(new Map([["2.25.1", "1.2.840.77"]]), "source");
  for (let at = 0; at < sealed.length; at++) {
    const changed = sealed.slice();
    changed[at] ^= 1 << at % 8;
    expect(() => vault.open(changed, "source")).toThrow(UidsSealed);
    expect(() => vault.open(sealed.subarray(0, at), "source")).toThrow(UidsSealed);
  }
  try { vault.open(sealed.subarray(1), "source"); } catch (error) { expect(String(error)).not.toMatch(/1\.2\.840|2\.25/); }
});

it("IM8: the key is made once, for its owner alone; one that is none is said so", () => {
  openUidVault(dir);
  const path = join(dir, "uids.key"), before = readFileSync(path, "utf8");
  expect([before, statSync(path).mode & 0o777]).toEqual([expect.stringMatching(/^[0-9a-f]{64}\n$/), 0o600]);
  openUidVault(dir);
  expect(readFileSync(path, "utf8")).toBe(before);
  writeFileSync(join(other, "uids.key"), "not a key");
  expect(() => openUidVault(other)).toThrow(/put the right one back/);
});
