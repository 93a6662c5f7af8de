import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeDicomText, readableText, toldText } from "../../../core/volume/dicom/charset.ts";
import { readDicom } from "../../../core/volume/dicom/reader.ts";
import { dicomSlice, element } from "../../workers/import/dicomWriter.ts";
import { python } from "../../support/judges.ts";

const said = (charsets: string[], bytes: Uint8Array) => decodeDicomText(bytes, charsets).text;
const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** Texts that pydicom writes and reads again, by character set; a list of sets where they are changed by escapes. */
const texts: [string[], string][] = [
  [["ISO_IR 100"], "Schädel nativ, Größe é ñ ÿ"], [["ISO_IR 101"], "Głowa świeża, lebka ž"], [["ISO_IR 109"], "Kranju ĉapo ŭ"], [["ISO_IR 110"], "Galvaskauss ķermenis ļ"], [["ISO_IR 144"], "Череп без контраста"], [["ISO_IR 127"], "رأس بدون صبغة"],
  [["ISO_IR 126"], "Κρανίο χωρίς"], [["ISO_IR 138"], "גולגולת"], [["ISO_IR 148"], "Kafatası İnce ş ğ"], [["ISO_IR 166"], "กะโหลกศีรษะ"], [["ISO_IR 13"], "ﾔﾏﾀﾞ ABC"], [["ISO_IR 192"], "Schädel 頭蓋骨 Череп"], [["GB18030"], "头颅平扫 𠀀"], [["GBK"], "头颅平扫"],
  [["", "ISO 2022 IR 87"], "CT 頭部 (やまだ)"], [["ISO 2022 IR 13", "ISO 2022 IR 87"], "ﾔﾏﾀﾞ 頭部 end"], [["", "ISO 2022 IR 149"], "두개골 CT"], [["", "ISO 2022 IR 58"], "头颅 CT"], [["ISO 2022 IR 100", "ISO 2022 IR 144"], "Schädel Череп ok"], [["ISO 2022 IR 100", "ISO 2022 IR 126"], "é Κρανίο"], [["", "ISO 2022 IR 87", "ISO 2022 IR 159"], "頭 髙 丂"],
];
const script = `
import sys, json, warnings
warnings.simplefilter('ignore')
from pydicom.charset import convert_encodings, encode_string, decode_bytes
made = []
for sets, text in json.loads(sys.argv[1]):
    codings = convert_encodings(sets if len(sets) > 1 else sets[0])
    try:
        data = encode_string(text, codings)
    except Exception as e:
        made.append([sets, text, None, str(e)]); continue
    made.append([sets, text, data.hex(), decode_bytes(data, codings, {0x5c, 0x0d, 0x0a, 0x09, 0x0c})])
print(json.dumps(made))
`;
const files = `
import json, sys, warnings, pydicom
warnings.simplefilter('ignore')
from pydicom.data import get_charset_files
made = []
for path in sorted(get_charset_files("*.dcm")):
    d = pydicom.dcmread(path, force=True)
    items = [d] + [i for e in d if e.VR == "SQ" for i in e.value]
    for at, item in enumerate(items):
        for e in item:
            if e.VR in ("PN", "LO", "SH", "LT") and e.value:
                many = e.value if isinstance(e.value, (list, pydicom.multival.MultiValue)) else [e.value]
                made.append([path, at, "%04x%04x" % (e.tag.group, e.tag.elem), "\\\\".join(str(v) for v in many)])
print(json.dumps(made))
`;

describe("IM15: character sets of DICOM (PS3.3 C.12.1.1.2)", () => {
  it("reads what pydicom wrote, as pydicom reads it: single bytes, UTF-8, GB 18030, GBK, and sets changed by escapes", () => {
    const judged = python(script, JSON.stringify(texts));
    if (judged === null) return;
    const made = JSON.parse(judged) as [string[], string, string | null, string][];
    expect(made.filter(([, , hex]) => hex === null)).toEqual([]);
    // What pydicom cannot write (half-width katakana alone, JIS X 0212, the escape to GB 2312) is below, by hand.
    const sound = made.filter(([, text, , own]) => text === own);
    expect(made.filter((one) => !sound.includes(one)).map(([sets]) => sets)).toEqual([["ISO_IR 13"], ["", "ISO 2022 IR 58"], ["", "ISO 2022 IR 87", "ISO 2022 IR 159"]]);
    for (const [sets, , hex, own] of sound) expect([sets, decodeDicomText(bytesOf(hex ?? ""), sets)]).toEqual([sets, { text: own, unknown: [] }]);
  });

  it("reads pydicom's own files of the standard's examples alike, with items that have a set of their own", () => {
    const judged = python(files);
    if (judged === null) return;
    const rows = JSON.parse(judged) as [string, number, string, string][];
    let beyond = 0;
    for (const [path, at, tag, wanted] of rows) {
      const file = readDicom(new Uint8Array(readFileSync(path))), items = [file.root, ...[...file.root.elements.values()].flatMap(({ items: inner }) => inner ?? [])], { text, unknown } = readableText(file, items[at], tag);
      // An item takes the file's sets where it names none, and of these tests nothing is left that is not understood.
      expect([path, tag, text.replace(/=+$/, ""), unknown]).toEqual([path, tag, wanted.trim().replace(/=+$/, ""), []]);
      if (/[^\x20-\x7e]/.test(text)) beyond++;
    }
    expect(new Set(rows.map(([path]) => path)).size).toBeGreaterThan(12);
    expect(beyond).toBeGreaterThan(12);
  });

  it("without a judge: the standard's examples H.3 and I.2, and every single-byte set by one letter", () => {
    expect(said(["", "ISO 2022 IR 87"], bytesOf("59616d6164615e5461726f753d1b24423b3345441b28425e1b24424240 4f3a1b28423d".replace(" ", "")))).toBe("Yamada^Tarou=山田^太郎=");
    expect(said(["", "ISO 2022 IR 149"], bytesOf("486f6e673d1b242943fbf35e1b242943d1ced4d7"))).toBe("Hong=洪^吉洞");
    expect(said(["", "ISO 2022 IR 58"], bytesOf("435420 1b242941cdb7c2ad".replace(" ", "")))).toBe("CT 头颅");
    expect(said(["", "ISO 2022 IR 87", "ISO 2022 IR 159"], bytesOf("1b24423b331b242844302 11b28425e41".replace(" ", "")))).toBe("山丂^A");
    for (const [set, byte, letter] of [["100", 0xe4, "ä"], ["101", 0xb3, "ł"], ["109", 0xe6, "ĉ"], ["110", 0xb3, "ŗ"], ["144", 0xbf, "П"], ["127", 0xc7, "ا"], ["126", 0xe1, "α"], ["138", 0xe0, "א"], ["148", 0xfe, "ş"], ["166", 0xa1, "ก"], ["13", 0xd4, "ﾔ"]] as const) {
      expect([set, said([`ISO_IR ${set}`], Uint8Array.of(0x41, byte)), said([`ISO 2022 IR ${set}`, "ISO 2022 IR 100"], Uint8Array.of(byte))]).toEqual([set, `A${letter}`, letter]);
    }
    // Latin 1 is not Windows' own set.
    expect(said(["ISO_IR 100"], Uint8Array.of(0x80, 0x9f, 0xe9))).toBe("\u0080\u009fé");
  });

  it("says which set was not understood and keeps ASCII; where none is named, UTF-8 is taken if it is that", () => {
    const utf8 = new TextEncoder().encode("Schädel"), latin = Uint8Array.from("Schädel", (c) => c.charCodeAt(0));
    expect(decodeDicomText(latin, ["ISO_IR 999"])).toEqual({ text: "Sch?del", unknown: ["ISO_IR 999"] });
    expect(decodeDicomText(utf8, [])).toEqual({ text: "Schädel", unknown: ["(none named)"] });
    expect(decodeDicomText(latin, [""])).toEqual({ text: "Schädel", unknown: ["(none named)"] });
    expect(decodeDicomText(Uint8Array.from([0x1b, 0x2d, 0x5a, 0xe4, 0x41]), ["", "ISO 2022 IR 100"])).toMatchObject({ unknown: ["ESC -Z?"] });
    // Nothing that a file may hold makes it throw or grow.
    for (let seed = 1; seed < 400; seed++) {
      let state = seed;
      const noise = Uint8Array.from({ length: seed % 97 }, () => { state = Math.imul(state, 1_103_515_245) + 12_345 >>> 0; return state % 5 === 0 ? 0x1b : state >>> 16 & 255; }), [sets] = texts[seed % texts.length];
      expect(decodeDicomText(noise, sets).text.length).toBeLessThanOrEqual(2 * noise.length + 2);
    }
  });

  it("a series' description and a scanner's kernel come as they were written", () => {
    const slice = (charset: string, text: Uint8Array) => readDicom(dicomSlice({ z: 0, index: 0, extra: [element(8, 5, "CS", charset), element(8, 0x103e, "LO", text)] }));
    for (const [charset, text] of [["ISO_IR 192", new TextEncoder().encode("Schädel nativ")], ["ISO_IR 100", Uint8Array.from("Schädel nativ", (c) => c.charCodeAt(0))]] as const) {
      const file = slice(charset, text);
      expect([charset, toldText(file, file.root, "0008103e")]).toEqual([charset, "Schädel nativ"]);
    }
    const strange = slice("ISO_IR 999", Uint8Array.from("Schädel", (c) => c.charCodeAt(0)));
    expect(toldText(strange, strange.root, "0008103e")).toBe("Sch?del (character set not understood: ISO_IR 999)");
  });
});
