import { createHash } from "node:crypto";
import dcmjs from "dcmjs";
import type { Mesh } from "../core/surface/mesh.ts";
import { encodeStl } from "../core/surface/stl.ts";
import { inputRefused } from "./cli/command.ts";

/** What is read of source.json (see `import`). The study's UID and the SOP class are taken where the file has them. */
export interface Source { seriesUid: string; studyUid?: string; frameOfReferenceUid: string; sopClassUid?: string; slices: { sopUid: string; position?: [number, number, number] | null; frame?: number }[] }

export const isUid = (text: unknown): text is string => typeof text === "string" && text.length <= 64 && /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))+$/.test(text);

/** @throws CommandRefused naming what is missing */
export function readSource(bytes: Uint8Array): Source {
  let data: Partial<Record<string, unknown>>;
  try {
    data = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Partial<Record<string, unknown>>;
  } catch {
    throw inputRefused("source", "--source is not JSON. Give the source.json that import wrote.");
  }
  const slices = Array.isArray(data.slices) ? data.slices as { sopUid?: unknown }[] : [];
  for (const key of ["seriesUid", "frameOfReferenceUid"]) if (!isUid(data[key])) throw inputRefused("source", `--source has no ${key}: a volume that did not come from DICOM cannot be referenced.`, { key });
  const unnamed = slices.findIndex((slice) => !isUid(slice?.sopUid));
  if (slices.length === 0 || unnamed >= 0) throw inputRefused("source", `--source: slice ${Math.max(0, unnamed)} has no sopUid.`, { slice: unnamed });
  return data as unknown as Source;
}

/** `2.25.` and the first 128 bits of SHA-256 over the input hashes and the role, as a number. */
export function uidOf(inputHashes: readonly string[], role: string): string {
  const hex = createHash("sha256").update([...inputHashes, role].join("\n")).digest("hex").slice(0, 32);
  return `2.25.${BigInt(`0x${hex}`)}`;
}

export const ctClass = "1.2.840.10008.5.1.4.1.1.2";
const encapsulatedStlClass = "1.2.840.10008.5.1.4.1.1.104.3", explicitLittle = "1.2.840.10008.1.2.1";

/** The images of the source series, each once, as they are referred to. */
export const sourceItems = ({ slices, sopClassUid }: Source) => [...new Set(slices.map(({ sopUid }) => sopUid))]
  .map((sopUid) => ({ ReferencedSOPClassUID: isUid(sopClassUid) ? sopClassUid : ctClass, ReferencedSOPInstanceUID: sopUid }));

/** The bytes of a DICOM file of a dataset, little-endian and with explicit types. */
export function dicomFile(dataset: Record<string, unknown>, sopClassUid: string, sopInstanceUid: string): Uint8Array {
  const { DicomDict, DicomMetaDictionary } = dcmjs.data;
  const file = new DicomDict(DicomMetaDictionary.denaturalizeDataset({
    FileMetaInformationVersion: [new Uint8Array([0, 1]).buffer], MediaStorageSOPClassUID: sopClassUid, MediaStorageSOPInstanceUID: sopInstanceUid,
    TransferSyntaxUID: explicitLittle, ImplementationClassUID: uidOf([], "caseroom implementation"), ImplementationVersionName: "CASEROOM",
  }));
  file.dict = dataset;
  return new Uint8Array(file.write());
}

/**
 * A DICOM Encapsulated STL (PS3.3 A.85.1) of a surface that refers to the CT series it was made from. No name, no date of
 * a person and nothing random is in it: equal inputs give equal bytes. @param inputs hash of each input, by path
 */
export async function encapsulatedStl(mesh: Mesh, sourceBytes: Uint8Array, inputs: Record<string, string>, segment: number): Promise<Uint8Array> {
  return encapsulated(encodeStl(mesh), sourceBytes, inputs, String(segment), `Segment ${segment}`);
}

/** The same of an STL that is there already. @param role what it is of, within these inputs @param title for people */
export function encapsulated(stl: Uint8Array, sourceBytes: Uint8Array, inputs: Record<string, string>, role: string, title: string): Uint8Array {
  const source = readSource(sourceBytes), hashes = Object.values(inputs).sort(), instance = uidOf(hashes, `encapsulated-stl ${role}`);
  const padded = new Uint8Array(stl.length + (stl.length % 2));
  padded.set(stl);
  const code = (value: string, scheme: string, meaning: string) => [{ CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning }];
  const dataset = {
    SpecificCharacterSet: "ISO_IR 192", SOPClassUID: encapsulatedStlClass, SOPInstanceUID: instance,
    StudyDate: "", StudyTime: "", AccessionNumber: "", ReferringPhysicianName: "", StudyID: "", ContentDate: "", ContentTime: "", AcquisitionDateTime: "",
    PatientName: "", PatientID: "", PatientBirthDate: "", PatientSex: "",
    StudyInstanceUID: isUid(source.studyUid) ? source.studyUid : uidOf([source.seriesUid], "study"), SeriesInstanceUID: uidOf(hashes, "encapsulated-stl series"), SeriesNumber: "1", Modality: "M3D",
    Manufacturer: "Caseroom", ManufacturerModelName: "Caseroom", DeviceSerialNumber: "none", SoftwareVersions: "surface",
    FrameOfReferenceUID: source.frameOfReferenceUid, PositionReferenceIndicator: "",
    InstanceNumber: "1", BurnedInAnnotation: "NO", DocumentTitle: title, ConceptNameCodeSequence: [],
    SourceInstanceSequence: sourceItems(source),
    ReferencedSeriesSequence: [{
      SeriesInstanceUID: source.seriesUid,
      ReferencedInstanceSequence: sourceItems(source),
    }],
    MIMETypeOfEncapsulatedDocument: "model/stl", EncapsulatedDocument: [padded.buffer], EncapsulatedDocumentLength: stl.length,
    MeasurementUnitsCodeSequence: code("mm", "UCUM", "mm"),
  };
  return dicomFile(dcmjs.data.DicomMetaDictionary.denaturalizeDataset(dataset), encapsulatedStlClass, instance);
}
