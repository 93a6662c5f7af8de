import { isUid } from "../../../core/volume/dicom/uid.ts";

/** Something that cannot be written as DICOM; the message says why and what to do. */
export class DicomRefused extends Error {
  override name = "DicomRefused";
  readonly code: string;
  readonly details: Record<string, unknown>;
  constructor(code: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** What is read of source.json (see `import`). The study's UID and the SOP class are taken where the file has them. Positions RAS mm. */
export interface Source { seriesUid: string; studyUid?: string | null; frameOfReferenceUid: string; sopClassUid?: string | null; slices: { sopUid: string; position?: [number, number, number] | null; frame?: number }[] }

/** @throws DicomRefused naming what is missing */
export function readSource(bytes: Uint8Array): Source {
  let data: Partial<Record<string, unknown>>;
  try {
    data = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Partial<Record<string, unknown>>;
  } catch {
    throw new DicomRefused("source", "The source is not JSON. Give the source.json that import wrote.");
  }
  const slices = Array.isArray(data.slices) ? data.slices as { sopUid?: unknown }[] : [];
  for (const key of ["seriesUid", "frameOfReferenceUid"]) if (!isUid(data[key])) throw new DicomRefused("source", `The source has no ${key}: a volume that did not come from DICOM, or from files that lack it, cannot be referenced.`, { key });
  const unnamed = slices.findIndex((slice) => !isUid(slice?.sopUid));
  if (slices.length === 0 || unnamed >= 0) throw new DicomRefused("source", `The source's slice ${Math.max(0, unnamed)} has no sopUid.`, { slice: unnamed });
  return data as unknown as Source;
}
