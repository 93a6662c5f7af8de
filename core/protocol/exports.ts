/** What a mask can be taken out of the room as: file ending, title, what reads it. Those for a PACS refer to the source series. */
export const labelExports = [
  { file: "labels.seg.dcm", title: "DICOM SEG", hint: "one bit a voxel: PACS, 3D Slicer, OHIF", isDicom: true },
  { file: "labels.labelmap.dcm", title: "DICOM label map SEG", hint: "one byte a voxel: newer readers only", isDicom: true },
  { file: "labels.seg.nrrd", title: "NRRD", hint: "3D Slicer's segmentation with names and colours", isDicom: false },
  { file: "labels.nii.gz", title: "NIfTI", hint: "values only, without names", isDicom: false },
] as const;

/** The same of a segment's surface. */
export const surfaceExports = [
  { ending: "stl", title: "STL", hint: "LPS, mm", isDicom: false },
  { ending: "3mf", title: "3MF", hint: "LPS, mm; name, colour", isDicom: false },
  { ending: "ply", title: "PLY", hint: "LPS, mm", isDicom: false },
  { ending: "obj", title: "OBJ", hint: "LPS, mm", isDicom: false },
  { ending: "glb", title: "GLB", hint: "metres, y up", isDicom: false },
  { ending: "dcm", title: "DICOM Encapsulated STL", hint: "for a PACS", isDicom: true },
] as const;

/** All surfaces in one file, each a part with its own name, colour and id. */
export const allSurfacesFile = "surfaces.3mf";

export type LabelExport = (typeof labelExports)[number]["file"];
export type SurfaceExport = (typeof surfaceExports)[number]["ending"];

/** What the name of an export asks for (`held`: a surface out of a file, or a mended one, by its id); null for one that there is not. */
export function exportOf(name: string): { kind: "labels"; file: LabelExport } | { kind: "surfaces"; value: number | null; ending: SurfaceExport } | { kind: "held"; id: string; ending: SurfaceExport } | null {
  const label = labelExports.find(({ file }) => file === name);
  if (label) return { kind: "labels", file: label.file };
  if (name === allSurfacesFile) return { kind: "surfaces", value: null, ending: "3mf" };
  const [, digits, id, given] = /^(?:segment-([1-9]\d{0,2})|surface-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))\.([a-z0-9]{3})$/.exec(name) ?? [], surface = surfaceExports.find(({ ending }) => ending === given);
  if (surface && id !== undefined) return { kind: "held", id, ending: surface.ending };
  return surface && Number(digits) <= 127 ? { kind: "surfaces", value: Number(digits), ending: surface.ending } : null;
}
