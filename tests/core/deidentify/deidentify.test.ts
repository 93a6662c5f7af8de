import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { deidentify } from "../../../core/deidentify/deidentify.ts";
import { dateOfDay, dayNumber, remapUid } from "../../../core/deidentify/remap.ts";
import { describeImage } from "../../../core/volume/dicom/image.ts";
import { readDicom } from "../../../core/volume/dicom/reader.ts";
import { python } from "../../support/judges.ts";
import { dicomSlice, element, joined, sequence } from "../../workers/import/dicomWriter.ts";

const key = new Uint8Array(32).fill(7), data = resolve("../shared/data");
const canary = (n: number) => `CANARY${String(n).padStart(3, "0")}`;
/** Text attributes of PS3.15 Table E.1-1, as group and element. */
const named = `00080050 00080080 00080081 00080090 00080092 00080094 00080096 00081010 00081030 0008103e 00081040 00081048 00081050 00081060 00081070 00081080 00082111
00084000 00100010 00100020 00101000 00101001 00101005 00101040 00101060 00101080 00101090 00102000 00102110 00102150 00102152 00102154 00102160 00102180 001021b0 001021d0
001021f0 00102203 00104000 00180030 00181000 00181030 00181400 00184000 0018700a 00200010 00204000 00280303 00284000 00321030 00321032 00321033 00321060 00321070 00324000 00380010
00380300 00380400 00380500 00384000 00400006 00400010 00400241 00400254 00401001 00401400 00402001 00402016 00402017 00402400 00403001 00404035 0040a075 0040a123 0040a730 00700084
00880140 00880200 00880904 00880906 00880910 00880912 04000100 20300020 40000010 40004000 40080042 40080114 4008010c 40080111 40080118 40080119 4008011a 40080202 40080300 40084000`.split(/\s+/);

describe("de-identification", () => {
  it("IM2 F19: 200 planted identifiers are gone: named attributes, private ones, nested, preamble, behind the pixels", () => {
    let n = 0;
    const plant = (tag: string) => element(Number.parseInt(tag.slice(0, 4), 16), Number.parseInt(tag.slice(4), 16), "LO", canary(++n));
    const extra = named.map(plant);
    for (let i = 0; i < 40; i++) extra.push(element(0x0009 + 2 * (i % 8), 0x1000 + i, "LO", canary(++n)));
    for (let i = 0; i < 40; i++) extra.push(sequence(0x0040, 0x0275 + i, [[element(8, 0x50, "SH", canary(++n))]]));
    while (n < 198) extra.push(element(0x6000, 0x3000 + n, "LO", canary(++n)));
    const groups = sequence(0x5200, 0x9229, [[element(0x10, 0x10, "PN", canary(++n)), sequence(0x28, 0x9110, [[element(0x28, 0x30, "DS", "0.7\\0.5")]])]]);
    const file = joined([dicomSlice({ z: 3, index: 2, name: canary(++n), id: "CANARYID", birth: "19110203", extra: [...extra, groups] }), element(0xfffc, 0xfffc, "OB", new TextEncoder().encode("CANARYEND"))]);
    file.set(new TextEncoder().encode("CANARYPREAMBLE"), 0);
    expect(n).toBeGreaterThanOrEqual(200);
    const made = deidentify(file, { key, asOf: "2026-01-01" }), bytes = joined(made.parts), text = Buffer.from(bytes).toString("latin1");
    expect(text).not.toMatch(/CANARY|19110203/);
    expect(bytes.subarray(0, 128).every((b) => b === 0)).toBe(true);
    const before = describeImage(readDicom(file)), after = describeImage(readDicom(bytes));
    expect(after?.frames[0]).toEqual(before?.frames[0]);
    expect(after?.sopUid).toBe(remapUid(key, "1.2.3.3"));
    const pixels = (b: Uint8Array) => { const { pixels: p } = readDicom(b); return p ? [...b.subarray(p.offset, p.offset + (p.length ?? 0))] : []; };
    expect(pixels(bytes)).toEqual(pixels(file));
    expect(made.removed.length).toBeGreaterThan(150);
  });

  it("says by codes which profile and options were done (0012,0064), in every coding, once, as pydicom reads them; what stood there goes", () => {
    const dir = mkdtempSync(join(tmpdir(), "caseroom-deidentify-"));
    try {
      const files: string[] = [], told = (characteristics: boolean) => ["DCM 113100 Basic Application Confidentiality Profile", "DCM 113107 Retain Longitudinal Temporal Information Modified Dates Option", ...characteristics ? ["DCM 113108 Retain Patient Characteristics Option"] : []];
      for (const [at, [implicit, retainPatientCharacteristics]] of [[false, false], [true, false], [false, true]].entries()) {
        const before = implicit ? [] : [sequence(0x12, 0x64, [[element(8, 0x100, "SH", "CANARY1"), element(8, 0x104, "LO", "CANARY2")]])];
        const bytes = joined(deidentify(joined(deidentify(dicomSlice({ z: 0, index: 0, implicit, extra: before }), { key, retainPatientCharacteristics }).parts), { key, retainPatientCharacteristics }).parts), { root, bytes: whole } = readDicom(bytes);
        expect(Buffer.from(whole).toString("latin1")).not.toContain("CANARY");
        expect(root.elements.get("00120064")?.items).toHaveLength(told(retainPatientCharacteristics).length);
        files.push(join(dir, `${at}.dcm`));
        writeFileSync(files[at], bytes);
      }
      const said = python("import sys, pydicom\nfor path in sys.argv[1:]:\n    d = pydicom.dcmread(path)\n    print('|'.join(f'{i.CodingSchemeDesignator} {i.CodeValue} {i.CodeMeaning}' for i in d.DeidentificationMethodCodeSequence))", ...files);
      if (said !== null) expect(said.split("\n")).toEqual([told(false), told(false), told(true)].map((list) => list.join("|")));
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it("UIDs and dates change alike in every file, differently for another key; days stay days apart", () => {
    const dated = (day: string, uid: string) => readDicom(joined(deidentify(dicomSlice({ z: 0, index: 0, seriesUid: uid, extra: [element(8, 0x22, "DA", day)] }), { key }).parts));
    const a = describeImage(dated("20240228", "1.2.8")), b = describeImage(dated("20240301", "1.2.8"));
    expect(a?.seriesUid).toBe(b?.seriesUid);
    expect(a?.seriesUid).toMatch(/^2\.25\.\d+$/);
    expect(a?.dates.acquisition).not.toBe("20240228");
    expect((dayNumber(b?.dates.acquisition ?? "") ?? 0) - (dayNumber(a?.dates.acquisition ?? "") ?? 0)).toBe(2);
    expect(remapUid(new Uint8Array(16), "1.2.8")).not.toBe(a?.seriesUid);
    for (const days of [-20_000, 0, 11_016, 19_782, 20_000]) expect(dayNumber(dateOfDay(days))).toBe(days);
    expect(dateOfDay(0)).toBe("19700101");
    expect(deidentify(dicomSlice({ z: 0, index: 0, extra: [element(8, 0x22, "DA", "20251202")] }), { key, asOf: "2026-01-01" }).scanAgeDays).toBe(30);
  });

  it.runIf(existsSync(data))("real files of every coding keep geometry and pixels", () => {
    for (const folder of ["head_ct_0051", "compressed_transfer_syntaxes/ct1_single_frame", "compressed_transfer_syntaxes/ct0012_enhanced_multiframe"]) {
      for (const name of readdirSync(join(data, folder)).slice(0, 12)) {
        const file = new Uint8Array(readFileSync(join(data, folder, name))), before = readDicom(file), made = joined(deidentify(file, { key }).parts), after = readDicom(made);
        const x = describeImage(before), y = describeImage(after);
        expect(y?.frames, name).toEqual(x?.frames);
        expect([y?.rows, y?.columns, y?.bitsStored, after.transferSyntax]).toEqual([x?.rows, x?.columns, x?.bitsStored, before.transferSyntax]);
        expect(Buffer.from(made).toString("latin1")).not.toMatch(/InVesalius|19700101/);
      }
    }
  });
});
