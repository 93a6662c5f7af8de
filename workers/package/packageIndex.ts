import type { Manifest } from "../../core/review/manifest.ts";
import type { ContentsStatement } from "../../core/review/statements.ts";
import { faultsOf } from "../../core/surface/fileSoundness.ts";
import { sha256 } from "../cli/command.ts";
import { isSurfaceOf } from "./surfaces.ts";

const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
/** What the parts of a package are, for people; the longest beginning of a path counts. */
const words: readonly (readonly [string, string])[] = [
  ["manifest.json", "What the version consists of: hash, node and inputs of everything. Its SHA-256 is what people sign."], ["report.pdf", "Design report"], ["signatures.json", "Signatures and passkeys, countersigned by the workspace"],
  ["audit.json", "The case's audit chain"], ["inputs/volume.defaced.nii.gz", "CT without the face, RAS, HU"], ["inputs/volume.nii.gz", "CT, RAS, HU"], ["inputs/labels.defaced.nii.gz", "Labelmap without what lies under the face's cover, RAS"], ["inputs/labels.nii.gz", "Labelmap, RAS"], ["inputs/plan.json", "Plan of the implant"], ["inputs/source.json", "Source series, de-identified UIDs"], ["inputs/scan.json", "Where the scan ends within the CT, RAS mm"],
  ["implant/report.json", "Measures of the implant, RAS mm"], ["implant/", "Implant, LPS mm"], ["surfaces/", "Surface, LPS mm"], ["checks/", "Check"], ["dicom/", "DICOM, refers to the source series"], ["pictures/", "Picture"],
];
const wordOf = (path: string, segments: Manifest["segments"] = []): string => {
  const surface = segments.find(({ value }) => isSurfaceOf(path, value));
  // A path tells of a name what is plain ASCII in it, of many nothing.
  return surface ? `Surface of ${surface.name}, LPS mm` : words.find(([begin]) => path.startsWith(begin))?.[1] ?? "";
};

/**
 * The package's contents as a page for people, without a script and without anything from outside: equal packages, equal bytes.
 * @param files everything but the list of contents, the seal and this page
 */
export function packageIndex(files: ReadonlyMap<string, Uint8Array>, manifest: Manifest | null, manifestHash: string, defaced?: ContentsStatement["defaced"]): Uint8Array {
  const nodes = new Map([...manifest?.artifacts.map(({ name, node }) => [name, node] as const) ?? [], ...manifest?.reports.map(({ check, node }) => [`checks/${check}.json`, node] as const) ?? []]), version = manifest?.version ?? null;
  const isDraft = version === null && manifest !== null && manifest.logs.length > 0;
  const title = version ? `Case ${version.caseCode}, version ${version.number}` : isDraft ? "Package of a draft" : "Package of plain files";
  const nameOf = (value: number): string => { const name = manifest?.segments?.find((one) => one.value === value)?.name; return name === undefined ? "" : ` (${name})`; };
  const about: [string, string][] = [
    ["Frozen", version ? `${version.frozenAt} (UTC)` : isDraft ? `not a version; nobody signed it. The case up to ${manifest.logs.map(({ document, seq }) => `entry ${seq} of its ${document}`).join(", ")}` : "not a version; nobody signed it"], ...Object.entries(manifest?.prescription ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
    ["Made by", manifest ? `${manifest.app.name} ${manifest.app.version}` : ""], ["Manifest", manifestHash],
    ...manifest?.artifacts.flatMap(({ name, thinnestWall: wall }): [string, string][] => (wall ? [[`Thinnest wall, edges included, ${name}`, `${wall.mm.toFixed(2)} mm (${wall.rays} rays, ${wall.looked} of ${wall.triangles} triangles)`]] : [])) ?? [],
    ...manifest?.artifacts.flatMap(({ name, soundness, deviation }): [string, string][] => [
      ...soundness ? [[`Soundness, ${name}`, faultsOf(soundness).length > 0 ? `not sound: ${faultsOf(soundness).join(", ")}` : "sound: closed, manifold, does not cross itself"] as [string, string]] : [],
      ...deviation ? [[`Deviation from the mask, ${name}`, `at most ${deviation.maxMm.toFixed(2)} mm, 95 % within ${deviation.p95Mm.toFixed(2)} mm, mean ${deviation.meanMm.toFixed(2)} mm`] as [string, string]] : [],
    ]) ?? [],
    ...manifest?.reports.map(({ check, verdict }): [string, string] => [`Check ${check}`, verdict]) ?? [], ...manifest?.leftOut.map(({ what, why }): [string, string] => [`Left out: ${what}`, why]) ?? [],
    ...defaced?.labels ? [["Reach under the face's cover", defaced.labels.segments.map((value) => `segment ${value}${nameOf(value)}`).join(", ") + ": the labelmap is without what they have there, their surfaces and the DICOM SEG are not here"] as [string, string]] : [],
  ];
  const rows = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, bytes]) => `<tr><td><a href="${escaped(path)}">${escaped(path)}</a></td><td>${escaped(wordOf(path, manifest?.segments))}</td><td>${bytes.length}</td><td>${escaped(nodes.get(path) ?? "")}</td><td><code>${sha256(bytes)}</code></td></tr>`);
  return new TextEncoder().encode(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title><style>body{font:14px/1.5 sans-serif;margin:2em}td,th{padding:.2em .8em .2em 0;text-align:left;vertical-align:top}code{font-size:11px}</style></head><body>
<h1>${escaped(title)}</h1>
<table>${about.map(([name, value]) => `<tr><th>${escaped(name)}</th><td>${escaped(value)}</td></tr>`).join("\n")}</table>
<h2>Files</h2>
<table><tr><th>File</th><th>What it is</th><th>Bytes</th><th>Node</th><th>SHA-256</th></tr>
${rows.join("\n")}
</table>
<p>Whether these are the files that were packed, and who signed, this page cannot prove: <code>npm run --silent job -- verify --package FILE.zip --trust KEY.pub</code> does.</p>
</body></html>
`);
}
