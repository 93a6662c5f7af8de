// 3MF, core specification 1.3. SP2: this is the one file that knows 3MF's axes: LPS mm, said in the metadata.
import { zipSync } from "fflate";
import { shortestFloat32 } from "../../volume/shortestFloat32.ts";
import type { Mesh } from "../mesh.ts";
import { TextParts } from "./textParts.ts";

/** One object of the file. `id` becomes its part number; colour as #RRGGBB, material any name. */
export interface ThreeMfPart { name: string; mesh: Mesh; id?: string; color?: string; material?: string }

const core = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02";
/** The marks of XML by name: lib3mf refuses them as character references. */
const marks: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;" };
/** Text as XML takes it; what XML 1.0 forbids becomes a space. */
const escaped = (text: string): string => Array.from(text, (c) => {
  const code = c.codePointAt(0) ?? 0;
  return code < 32 || code === 0xfffe || code === 0xffff ? " " : marks[c] ?? c;
}).join("");

const contentTypes = `<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>
`;
const relations = `<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Target="/3D/3dmodel.model" Id="rel0" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>
`;

function model(parts: readonly ThreeMfPart[], title: string): Uint8Array {
  const text = new TextParts();
  text.add(`<?xml version="1.0" encoding="UTF-8"?>\n<model unit="millimeter" xml:lang="en" xmlns="${core}">\n`);
  text.add(`<metadata name="Title">${escaped(title)}</metadata>\n<metadata name="Application">Caseroom</metadata>\n<metadata name="Description">SPACE=LPS, mm (x to the left, y to the back, z up)</metadata>\n<resources>\n`);
  text.add(`<basematerials id="1">${parts.map(({ name, color = "#DBD1B8", material }) => `<base name="${escaped(material ?? name)}" displaycolor="${escaped(color.toUpperCase())}"/>`).join("")}</basematerials>\n`);
  parts.forEach(({ name, mesh: { positions: P, triangles: T }, id }, i) => {
    text.add(`<object id="${i + 2}" type="model" name="${escaped(name)}"${id === undefined ? "" : ` partnumber="${escaped(id)}"`} pid="1" pindex="${i}"><mesh><vertices>\n`);
    for (let v = 0; v < P.length; v += 3) text.add(`<vertex x="${shortestFloat32(0 - P[v])}" y="${shortestFloat32(0 - P[v + 1])}" z="${shortestFloat32(P[v + 2])}"/>\n`);
    text.add("</vertices><triangles>\n");
    for (let t = 0; t < T.length; t += 3) text.add(`<triangle v1="${T[t]}" v2="${T[t + 1]}" v3="${T[t + 2]}"/>\n`);
    text.add("</triangles></mesh></object>\n");
  });
  text.add(`</resources>\n<build>${parts.map((_, i) => `<item objectid="${i + 2}"/>`).join("")}</build>\n</model>\n`);
  return text.finish();
}

/**
 * A 3MF file in millimetres, LPS. Equal parts give equal bytes (JB5: deflate level 6, fixed local time, entries in byte order).
 * @throws RangeError for a colour that is not #RRGGBB
 */
export function encodeThreeMf(parts: readonly ThreeMfPart[], title = "Caseroom surface"): Uint8Array {
  for (const { color } of parts) if (color !== undefined && !/^#[0-9A-Fa-f]{6}$/.test(color)) throw new RangeError(`a colour is #RRGGBB, not ${color}`);
  const entries = { "3D/3dmodel.model": model(parts, title), "[Content_Types].xml": new TextEncoder().encode(contentTypes), "_rels/.rels": new TextEncoder().encode(relations) };
  return zipSync(entries, { level: 6, mtime: "1980-01-01T00:00:00" });
}
