// Outside judges of files. Their exit codes say nothing (a mesh with holes is «mended» with 0), so what they print is parsed.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** What a program printed; null where it is not installed (the test says so and goes on). */
export function printed(command: string, ...args: string[]): { status: number | null; text: string } | null {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (error) {
    console.warn(`${command} is not installed: not judged`);
    return null;
  }
  return { status, text: `${stdout}\n${stderr}` };
}

/** A script of Debian's python3; null where it, or a module it imports, is not installed. */
export function python(script: string, ...args: string[]): string | null {
  const said = printed("/usr/bin/python3", "-c", script, ...args);
  if (!said) return null;
  if (/ModuleNotFoundError|ImportError/.test(said.text)) {
    console.warn(`${/No module named .*/.exec(said.text)?.[0] ?? "a module of python3 is not installed"}: not judged`);
    return null;
  }
  if (said.status !== 0) throw new Error(said.text);
  return said.text.trim();
}

/** One object of a file as PrusaSlicer's `--info` tells of it. */
export interface SlicedObject { facets: number; isManifold: boolean; openEdges: number; parts: number; volumeMm3: number }

/** `prusa-slicer --info` of an STL, OBJ or 3MF. */
export function prusaSlicer(file: string): SlicedObject[] | null {
  const said = printed("prusa-slicer", "--info", file);
  if (!said) return null;
  return said.text.split(/^\[[^\]\n]+\]$/m).slice(1).map((block) => {
    const value = (name: string) => new RegExp(`^${name}\\s*=\\s*(.+)$`, "m").exec(block)?.[1].trim();
    return { facets: Number(value("number_of_facets")), isManifold: value("manifold") === "yes", openEdges: Number(value("open_edges") ?? 0), parts: Number(value("number_of_parts")), volumeMm3: Number(value("volume")) };
  });
}

/** `admesh` without options, column «Original»: what it would have to mend. */
export function admesh(file: string): { disconnected: number; degenerate: number; normalsFixed: number; parts: number } | null {
  const said = printed("admesh", file);
  if (!said) return null;
  const original = (label: string) => Number(new RegExp(`^${label}\\s*:\\s*(\\d+)`, "m").exec(said.text)?.[1] ?? Number.NaN);
  return { disconnected: original("Total disconnected facets"), degenerate: original("Degenerate facets"), normalsFixed: original("Normals fixed"), parts: original("Number of parts") };
}

/** One object as lib3mf reads it back. */
export interface ThreeMfObject { name: string; partNumber: string; isManifoldAndOriented: boolean; triangles: number; color: string | null; material: string | null }
/** A 3MF as the consortium's own library reads it, strictly. @throws what it throws for a file that breaks the specification */
export async function lib3mf(bytes: Uint8Array): Promise<{ warnings: number; unit: string; metadata: Record<string, string>; objects: ThreeMfObject[] }> {
  const { default: load } = await import("@3mfconsortium/lib3mf");
  const lib = await load(), path = "/judged.3mf";
  lib.FS.writeFile(path, bytes);
  // The library comes without types; these are the calls that are used.
  // oxlint-disable-next-line typescript/no-explicit-any
  const model = new lib.CWrapper().CreateModel() as any, reader = model.QueryReader("3mf"), units = lib.eModelUnit;
  reader.SetStrictModeActive(true);
  reader.ReadFromFile(path);
  const objects: ThreeMfObject[] = [], found = model.GetMeshObjects(), metadata: Record<string, string> = {}, group = model.GetMetaDataGroup();
  for (let i = 0; i < group.GetMetaDataCount(); i++) { const one = group.GetMetaData(i); metadata[one.GetName()] = one.GetValue(); }
  while (found.MoveNext()) {
    const object = found.GetCurrentMeshObject(), level = object.GetObjectLevelProperty();
    let color = null, material = null;
    if (level.return) {
      const materials = model.GetBaseMaterialGroupByID(level.UniqueResourceID), shown = materials.GetDisplayColor(level.PropertyID), hex = (n: number) => n.toString(16).padStart(2, "0").toUpperCase();
      color = `#${hex(shown.get_Red())}${hex(shown.get_Green())}${hex(shown.get_Blue())}`;
      material = materials.GetName(level.PropertyID) as string;
    }
    objects.push({ name: object.GetName(), partNumber: object.GetPartNumber(), isManifoldAndOriented: object.IsManifoldAndOriented(), triangles: object.GetTriangleCount(), color, material });
  }
  const unit = model.GetUnit();
  return { warnings: reader.GetWarningCount(), unit: Object.keys(units).find((name) => units[name] === unit && Number.isNaN(Number(name))) ?? "", metadata, objects };
}

interface GltfReport { issues: { numErrors: number; numWarnings: number; messages: { code: string }[] }; info?: { totalTriangleCount: number } }
/** Khronos' validator on a GLB: structure, accessors, bounds and indices. It has no opinion on holes. */
export function gltfValidator(bytes: Uint8Array): Promise<GltfReport> {
  const validator = createRequire(import.meta.url)("gltf-validator") as { validateBytes(bytes: Uint8Array, options: object): Promise<GltfReport> };
  return validator.validateBytes(bytes, { format: "glb", writeTimestamp: false });
}

/** Edges that VTK finds open or shared by more than two in a PLY, an STL or a GLB, once equal corners are one. */
export function vtkEdges(file: string): { open: number; nonManifold: number; triangles: number } | null {
  const said = python(`
import sys, json, vtk
f = sys.argv[1]
if f.endswith('.glb'):
    r = vtk.vtkGLTFReader(); r.SetFileName(f); r.Update(); g = vtk.vtkCompositeDataGeometryFilter(); g.SetInputConnection(r.GetOutputPort()); src = g
else:
    src = vtk.vtkPLYReader() if f.endswith('.ply') else vtk.vtkSTLReader(); src.SetFileName(f)
c = vtk.vtkCleanPolyData(); c.SetInputConnection(src.GetOutputPort()); c.PointMergingOn(); c.SetToleranceIsAbsolute(True); c.SetAbsoluteTolerance(0); c.ConvertPolysToLinesOff()
def edges(boundary, bad):
    e = vtk.vtkFeatureEdges(); e.SetInputConnection(c.GetOutputPort()); e.SetBoundaryEdges(boundary); e.SetNonManifoldEdges(bad); e.FeatureEdgesOff(); e.ManifoldEdgesOff(); e.Update(); return e.GetOutput().GetNumberOfCells()
print(json.dumps({'open': edges(True, False), 'nonManifold': edges(False, True), 'triangles': c.GetOutput().GetNumberOfPolys()}))`, file);
  return said === null ? null : JSON.parse(said.split("\n").filter((line) => line.startsWith("{")).at(-1) ?? "null") as { open: number; nonManifold: number; triangles: number };
}

/** Lines of `dciodvfy` that speak of an error, with its exit code. */
export function dciodvfy(file: string): { status: number | null; errors: string[] } | null {
  const said = printed("dciodvfy", file);
  return said && { status: said.status, errors: said.text.split("\n").filter((line) => line.includes("Error")) };
}

/** Values of a DICOM file as dcmtk's `dcmdump` prints them, by tag «gggg,eeee», the first of each. */
export function dcmdump(file: string): Map<string, string> | null {
  const said = printed("dcmdump", "+L", file);
  if (!said) return null;
  const found = new Map<string, string>();
  for (const [, tag, value] of said.text.matchAll(/^\s*\(([0-9a-f]{4},[0-9a-f]{4})\) \w\w (.*?)\s*#\s*\d+,/gm)) if (!found.has(tag)) found.set(tag, value.replace(/^\[(.*)\]$/, "$1").trim());
  return found;
}

/** The document that is encapsulated in a DICOM file, as pydicom takes it out. */
export function encapsulatedDocument(file: string, into: string): Uint8Array | null {
  const said = python("import pydicom, sys; d = pydicom.dcmread(sys.argv[1]); open(sys.argv[2], 'wb').write(d.EncapsulatedDocument[:d.EncapsulatedDocumentLength])", file, into);
  return said === null ? null : new Uint8Array(readFileSync(into));
}
