import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChainedEvent, chainFault, eventHash } from "../../../core/review/audit.ts";
import { canonicalBytes, canonicalText, readCanonical } from "../../../core/review/canonicalJson.ts";
import { materialOf } from "../../../core/implant/materials.ts";
import { meanings, meaningsDue, meaningsOf, obstacles, refusalOf, type SignatureFact, stateAfter, transitions, type VersionFacts, versionActions, versionStates } from "../../../core/review/lifecycle.ts";
import { decodeManifest, encodeManifest, hashOfManifest, type Manifest } from "../../../core/review/manifest.ts";
import { roles } from "../../../core/review/permissions.ts";

const h = (digit: string) => digit.repeat(64);
const manifest = (): Manifest => ({
  format: "caseroom manifest 1", app: { name: "Caseroom", version: "1" }, version: { caseId: "c", caseCode: "26-001", number: 1, frozenAt: "2026-01-01T00:00:00.000Z", frozenBy: "e" },
  logs: [{ document: "masks", seq: 3, checksum: h("1") }, { document: "plan", seq: 2, checksum: h("2") }], grid: { dims: [2, 2, 2], spacing: [0.8, 0.8, 1], origin: [0, 0, 0] }, volume: h("3"), labelmap: h("4"), plan: h("5"), source: null,
  prescription: { indication: "trauma", side: "right", region: "parietal", kind: "cranial plate", material: "PEEK" }, artifacts: [],
  reports: ["fit", "print", "soundness", "ctQuality"].map((check, i) => ({ check, node: `${check}@1`, inputs: (check === "ctQuality" ? { volume: h("3") } : { plan: h("5"), labelmap: h("4") }) as Record<string, string>, sha256: h("78bc"[i]), verdict: "pass" as const })),
  acknowledgements: [], leftOut: [],
});
/** Keys of every object set in reverse order. */
const reversed = (value: unknown): unknown => Array.isArray(value) ? value.map(reversed) : value !== null && typeof value === "object" ? Object.fromEntries(Object.entries(value).reverse().map(([k, v]) => [k, reversed(v)])) : value;

describe("canonical JSON", () => {
  it("is RFC 8785's own example, byte for byte", () => {
    const value = { numbers: [Number("333333333.33333329"), 1e30, 4.50, 2e-3, 0.000000000000000000000000001], string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"/", literals: [null, true, false] };
    expect(canonicalText(value)).toBe('{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}');
  });
  it("equal values have equal bytes whatever the order of keys, and read back", () => {
    fc.assert(fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      let text: string;
      try { text = canonicalText(value); } catch { return; }
      expect(canonicalText(reversed(value))).toBe(text);
      expect(canonicalText(readCanonical(canonicalBytes(value)))).toBe(text);
    }), { numRuns: 500 });
  });
  it("refuses what has no spelling, and another spelling", () => {
    for (const value of [NaN, Infinity, undefined, { a: undefined }, "\ud800", new Date(0), () => 1]) expect(() => canonicalText(value)).toThrow();
    for (const text of [' {"a":1}', '{"b":1,"a":2}', '{"a":1,"a":1}', "1.0", "-0", '"\\u0041"', "\ufeff1", "{"]) expect(() => readCanonical(new TextEncoder().encode(text)), text).toThrow();
  });
});

describe("manifest", () => {
  it("has one hash however its lists and keys are ordered", () => {
    const one = manifest(), other = reversed({ ...one, logs: [...one.logs].reverse(), reports: [...one.reports].reverse() }) as Manifest;
    expect(hashOfManifest(other)).toBe(hashOfManifest(one));
    expect(decodeManifest(encodeManifest(one))).toEqual(decodeManifest(encodeManifest(other)));
    expect(hashOfManifest({ ...one, labelmap: h("5") })).not.toBe(hashOfManifest(one));
    expect(() => encodeManifest({ ...one, labelmap: "x" })).toThrow(/labelmap/);
    expect(() => decodeManifest(canonicalBytes({ ...one, logs: [...one.logs].reverse() }))).toThrow(/order/);
  });
});

describe("RV2 A version is signable only when each required report is for its hashes and passes, or carries a written judgement by a person with the right to judge", () => {
  const judged = (byRole: (typeof roles)[number], reason = "looked at it") => [{ reportHash: h("7"), reason, byRole }];
  it("names what is missing", () => {
    const m = manifest();
    expect(obstacles({ manifest: m, judgements: [], plannedMaterial: null })).toEqual([]);
    expect(obstacles({ manifest: { ...m, volume: h("a") }, judgements: [], plannedMaterial: null })).toEqual(["The report «CT quality» for exactly this CT is missing."]);
    expect(obstacles({ manifest: { ...m, prescription: null }, judgements: [], plannedMaterial: null })).toHaveLength(1);
    expect(obstacles({ manifest: { ...m, labelmap: h("a") }, judgements: [], plannedMaterial: null })).toHaveLength(3);
    for (const verdict of ["fail", "needsJudgement"] as const) {
      const open = { ...m, reports: m.reports.map((r) => r.check === "fit" ? { ...r, verdict } : r) };
      expect(obstacles({ manifest: open, judgements: [], plannedMaterial: null })).toHaveLength(1);
      for (const role of roles) expect(obstacles({ manifest: open, judgements: judged(role), plannedMaterial: null })).toHaveLength(role === "surgeon" || role === "engineer" ? 0 : 1);
      expect(obstacles({ manifest: open, judgements: judged("surgeon", " "), plannedMaterial: null })).toHaveLength(1);
      const inGraph = { ...open, reports: open.reports.map((r) => ({ ...r, inputs: { ...r.inputs, artifact: h("d") } })) };
      expect(obstacles({ manifest: inGraph, judgements: [{ reportHash: h("d"), reason: "looked at it in the room", byRole: "engineer" }], plannedMaterial: null })).toEqual([]);
    }
  });
});

describe("lifecycle", () => {
  const facts = (state: VersionFacts["state"], signatures: SignatureFact[] = []): VersionFacts => ({ state, manifestHash: h("9"), manifest: manifest(), signatures, judgements: [], plannedMaterial: null, designers: ["maker"] });
  it("RV2: state × action × role is the table, all of it", () => {
    for (const state of versionStates) for (const action of versionActions) for (const role of roles) for (const meaning of meanings) {
      const entry = transitions[state][action];
      const isSigning = action === "sign" || action === "reject";
      const may = entry !== undefined && entry.by.includes(role) && (!isSigning || (meaningsOf[role].includes(meaning) && (action === "reject") === (meaning === "rejected")));
      expect([state, action, role, meaning, refusalOf(facts(state), action, { userId: "x", role }, meaning) === null]).toEqual([state, action, role, meaning, may]);
    }
  });
  it("RV5: a version is released on the CT report that was frozen with it, for its own volume, whatever was judged since", () => {
    const release = (change: Partial<Manifest>) => refusalOf({ ...facts("signed"), manifest: { ...manifest(), ...change }, judgements: [{ reportHash: h("c"), reason: "looked at it", byRole: "surgeon" }] }, "release", { userId: "x", role: "surgeon" });
    const { reports } = manifest(), failing = reports.map((report) => (report.check === "ctQuality" ? { ...report, verdict: "fail" as const } : report));
    expect(release({})).toBeNull();
    for (const change of [{ reports: failing }, { reports: [...reports, ...failing] }, { reports: reports.filter(({ check }) => check !== "ctQuality") }, { volume: h("a") }]) expect(release(change)).toMatch(/had not been overridden/);
  });
  it("RV6: a version whose prescription names another material than its plan, frozen before that was looked at, is neither signed nor released; it can be rejected", () => {
    const { prescription } = manifest();
    if (!prescription) throw new Error("the manifest has a prescription");
    const version = (plannedMaterial: string) => ({ manifest: { ...manifest(), prescription: { ...prescription, material: materialOf("ti6al4v-lpbf").name } }, plannedMaterial });
    const surgeon = { userId: "x", role: "surgeon" as const };
    for (const [plannedMaterial, isRefused] of [["peek-machined", true], ["ti6al4v-lpbf", false]] as const) {
      const told = [obstacles({ ...version(plannedMaterial), judgements: [] })[0] ?? null, refusalOf({ ...facts("inReview"), ...version(plannedMaterial) }, "sign", surgeon, "approved"), refusalOf({ ...facts("signed"), ...version(plannedMaterial) }, "release", surgeon)];
      for (const one of told) expect(one).toEqual(isRefused ? expect.stringContaining("The prescription says «Ti-6Al-4V ELI, laser powder bed»") : null);
      expect(refusalOf({ ...facts("inReview"), ...version(plannedMaterial) }, "reject", surgeon, "rejected")).toBeNull();
    }
  });
  it("nobody reviews their own design, whatever their role is by now", () => {
    expect(refusalOf(facts("inReview"), "sign", { userId: "maker", role: "reviewer" }, "reviewed")).toBe("Nobody reviews their own design.");
    expect(refusalOf(facts("inReview"), "sign", { userId: "other", role: "reviewer" }, "reviewed")).toBeNull();
  });
  it("random walks make no step that the table does not have, and end signed only by two people of two roles (F5)", () => {
    const step = fc.record({ action: fc.constantFrom(...versionActions), who: fc.integer({ min: 0, max: 7 }), meaning: fc.constantFrom(...meanings) });
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let state: VersionFacts["state"] = "frozen";
      const signatures: SignatureFact[] = [];
      for (const { action, who, meaning } of steps) {
        const actor = { userId: `u${who}`, role: roles[who % roles.length] };
        if (refusalOf(facts(state, signatures), action, actor, meaning) !== null) continue;
        expect(transitions[state][action]).toBeDefined();
        if (action === "sign" || action === "reject") signatures.push({ ...actor, meaning, manifestHash: h("9") });
        const before = state;
        state = stateAfter(state, action, signatures, h("9"));
        expect(["superseded", "voided"]).not.toContain(before);
        if (state === "signed") {
          expect(new Set(signatures.map(({ userId }) => userId)).size).toBeGreaterThanOrEqual(2);
          expect(signatures.some((s) => s.meaning === "designed") && signatures.some((s) => s.meaning === "approved")).toBe(true);
        }
      }
      expect(new Set(signatures.map(({ userId }) => userId)).size).toBe(signatures.length);
    }), { numRuns: 2000 });
  });
  it("tells which meanings are still due", () => {
    const sign = (meaning: SignatureFact["meaning"]) => ({ userId: meaning, role: "surgeon" as const, meaning, manifestHash: h("9") });
    expect([meaningsDue([]), meaningsDue([sign("approved")]), meaningsDue([sign("reviewed"), sign("designed")]), meaningsDue([sign("approved"), sign("designed")])]).toEqual([["designed", "approved"], ["designed"], ["approved"], []]);
  });
  it("signatures for another manifest do not count", () => {
    const two: SignatureFact[] = [{ userId: "a", role: "engineer", meaning: "designed", manifestHash: h("8") }, { userId: "b", role: "surgeon", meaning: "approved", manifestHash: h("9") }];
    expect(stateAfter("inReview", "sign", two, h("9"))).toBe("inReview");
  });
});

describe("RV3 Audit events form a hash chain; a missing or altered one is detected", () => {
  const chain = (n: number): ChainedEvent[] => {
    const events: ChainedEvent[] = [];
    for (let seq = 1; seq <= n; seq++) {
      const event = { seq, at: `2026-01-01T00:00:${String(seq % 60).padStart(2, "0")}.000Z`, actorId: "a", caseId: "c", action: "x.y", object: { n: seq } };
      const previousHash = events.at(-1)?.hash ?? "";
      events.push({ ...event, previousHash, hash: eventHash(previousHash, event) });
    }
    return events;
  };
  it("1,000 tamperings (edit, delete, reorder, truncate) are found, every one (F4)", () => {
    const whole = chain(30), head = { count: 30, hash: whole[29].hash };
    expect(chainFault(whole, "c", head)).toBeNull();
    fc.assert(fc.property(fc.constantFrom("edit", "delete", "swap", "truncate", "rehash"), fc.integer({ min: 0, max: 28 }), (how, i) => {
      const events = structuredClone(whole);
      if (how === "edit") events[i].object = { n: -1 };
      if (how === "delete") events.splice(i, 1);
      if (how === "swap") [events[i], events[i + 1]] = [events[i + 1], events[i]];
      if (how === "truncate") events.length = i + 1;
      if (how === "rehash") for (let k = i, previous = whole[i - 1]?.hash ?? ""; k < 30; k++) { events[k] = { ...events[k], actorId: "b", previousHash: previous, hash: "" }; events[k].hash = eventHash(previous, events[k]); previous = events[k].hash; }
      expect(chainFault(events, "c", head)).not.toBeNull();
    }), { numRuns: 1000 });
  });
});
