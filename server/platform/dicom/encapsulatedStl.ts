import type { Mesh } from "../../../core/surface/mesh.ts";
import { encodeStl } from "../../../core/surface/stl.ts";
import { code, dicomFile, dicomMoment, sourceItems, uidOf } from "./file.ts";
import { readSource } from "./source.ts";
import { isUid } from "../../../core/volume/dicom/uid.ts";

const encapsulatedStlClass = "1.2.840.10008.5.1.4.1.1.104.3";

/** What an Encapsulated STL says of itself. */
export interface StlOptions {
  /** source.json of the series that the surface was made of. */
  source: Uint8Array;
  /** Of all inputs, the source's among them: from these UIDs are made. */
  hashes: readonly string[];
  /** What it is of, within these inputs; another role has another UID. */
  role: string;
  /** For people. */
  title: string;
  /** The record's time, ISO 8601 UTC; null where there is no record. */
  at: string | null;
}

/** A DICOM Encapsulated STL of a mesh (RAS mm). @throws DicomRefused where the source names no series */
export const encapsulatedMesh = (mesh: Mesh, options: StlOptions): Uint8Array => encapsulatedStl(encodeStl(mesh), options);

/**
 * A DICOM Encapsulated STL (PS3.3 A.85.1) of an STL (LPS mm) that refers to the CT series it was made from. Nobody's name, no
 * date but the record's and nothing random is in it: equal inputs give equal bytes. @throws DicomRefused
 */
export function encapsulatedStl(stl: Uint8Array, { source: sourceBytes, hashes: given, role, title, at }: StlOptions): Uint8Array {
  const source = readSource(sourceBytes), hashes = [...given, ...at === null ? [] : [at]].sort(), instance = uidOf(hashes, `encapsulated-stl ${role}`);
  const padded = new Uint8Array(stl.length + (stl.length % 2)), moment = at === null ? { date: "", time: "" } : dicomMoment(at);
  padded.set(stl);
  return dicomFile({
    SpecificCharacterSet: "ISO_IR 192", SOPClassUID: encapsulatedStlClass, SOPInstanceUID: instance,
    ...at !== null && { TimezoneOffsetFromUTC: "+0000", InstanceCreationDate: moment.date, InstanceCreationTime: moment.time },
    StudyDate: "", StudyTime: "", AccessionNumber: "", ReferringPhysicianName: "", StudyID: "", ContentDate: moment.date, ContentTime: moment.time, AcquisitionDateTime: "",
    PatientName: "", PatientID: "", PatientBirthDate: "", PatientSex: "",
    StudyInstanceUID: isUid(source.studyUid) ? source.studyUid : uidOf([source.seriesUid], "study"), SeriesInstanceUID: uidOf(hashes, "encapsulated-stl series"), SeriesNumber: "1", Modality: "M3D",
    Manufacturer: "Caseroom", ManufacturerModelName: "Caseroom", DeviceSerialNumber: "none", SoftwareVersions: "surface",
    FrameOfReferenceUID: source.frameOfReferenceUid, PositionReferenceIndicator: "",
    InstanceNumber: "1", BurnedInAnnotation: "NO", DocumentTitle: title, ConceptNameCodeSequence: [],
    SourceInstanceSequence: sourceItems(source),
    ReferencedSeriesSequence: [{ SeriesInstanceUID: source.seriesUid, ReferencedInstanceSequence: sourceItems(source) }],
    MIMETypeOfEncapsulatedDocument: "model/stl", EncapsulatedDocument: [padded.buffer], EncapsulatedDocumentLength: stl.length,
    MeasurementUnitsCodeSequence: code("mm", "UCUM", "mm"),
  }, encapsulatedStlClass, instance);
}
