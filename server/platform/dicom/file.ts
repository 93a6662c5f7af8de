import { createHash } from "node:crypto";
import dcmjs from "dcmjs";
import type { Source } from "./source.ts";
import { isUid } from "../../../core/volume/dicom/uid.ts";

/** `2.25.` and the first 128 bits of SHA-256 over the input hashes and the role, as a number. */
export function uidOf(inputHashes: readonly string[], role: string): string {
  const hex = createHash("sha256").update([...inputHashes, role].join("\n")).digest("hex").slice(0, 32);
  return `2.25.${BigInt(`0x${hex}`)}`;
}

export const ctClass = "1.2.840.10008.5.1.4.1.1.2";
const explicitLittle = "1.2.840.10008.1.2.1";

/** A coded entry (PS3.3 8). */
export const code = (value: string, scheme: string, meaning: string) => [{ CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning }];

/** Date and time as DICOM writes them (DA, TM; UTC), of a moment of the record, ISO 8601 with Z. */
export function dicomMoment(at: string): { date: string; time: string } {
  const [, year, month, day, hour, minute, second] = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d(?:\.\d{1,6})?)Z$/.exec(at) ?? [];
  if (year === undefined) throw new RangeError(`${at} is no moment in UTC`);
  return { date: `${year}${month}${day}`, time: `${hour}${minute}${second}` };
}

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
  file.dict = DicomMetaDictionary.denaturalizeDataset(dataset);
  return new Uint8Array(file.write());
}
