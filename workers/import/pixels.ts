import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { numbersOf, type DicomHeader } from "./dicomHeader.ts";
import { ImportRefused } from "./refused.ts";
import type { SourceFile } from "./sourceFiles.ts";

const raw = new Set(["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"]);
const compressed: Readonly<Record<string, { name: string; isLossy: boolean }>> = {
  "1.2.840.10008.1.2.4.51": { name: "JPEG Extended", isLossy: true }, "1.2.840.10008.1.2.4.57": { name: "JPEG Lossless", isLossy: false },
  "1.2.840.10008.1.2.4.70": { name: "JPEG Lossless SV1", isLossy: false }, "1.2.840.10008.1.2.4.80": { name: "JPEG-LS Lossless", isLossy: false },
  "1.2.840.10008.1.2.4.81": { name: "JPEG-LS Near-lossless", isLossy: true }, "1.2.840.10008.1.2.4.90": { name: "JPEG 2000 Lossless", isLossy: false },
  "1.2.840.10008.1.2.4.91": { name: "JPEG 2000", isLossy: true }, "1.2.840.10008.1.2.5": { name: "RLE Lossless", isLossy: false },
};
export const isLossy = (header: DicomHeader): boolean => (compressed[header.transferSyntax]?.isLossy ?? false) || header.texts.lossy === "01";

/** Rescale slope and intercept of a slice; 1 and 0 where the file has none. @throws ImportRefused when they are no numbers */
function rescaleOf(header: DicomHeader, label: string): [number, number] {
  const slope = header.texts.slope ? numbersOf(header.texts.slope)[0] : 1, intercept = header.texts.intercept ? numbersOf(header.texts.intercept)[0] : 0;
  if (!Number.isFinite(slope) || slope === 0 || !Number.isFinite(intercept)) throw new ImportRefused("unreadable-file", `${label}: rescale slope or intercept (0028,1052/1053) is not a number.`, { file: label });
  return [slope, intercept];
}

/**
 * Refuses a slice whose pixels cannot be there: wrong kind, unknown coding, fewer bytes than the header claims.
 * Runs for every slice before the volume is allocated.
 */
export function checkPixels(header: DicomHeader, file: SourceFile): void {
  const { samples = 1, rows = 0, columns = 0, bitsAllocated = 0, bitsStored = bitsAllocated } = header.numbers;
  const label = file.label;
  if (!header.pixels || rows < 1 || columns < 1) throw new ImportRefused("not-a-volume", `${label} has no image.`, { file: label });
  if (samples !== 1 || (bitsAllocated !== 16 && bitsAllocated !== 8) || bitsStored < 1 || bitsStored > bitsAllocated) {
    throw new ImportRefused("unsupported-pixels", `${label} has ${samples} samples of ${bitsAllocated} bits a pixel; grey values of 8 or 16 bits are taken.`, { file: label });
  }
  if ((numbersOf(header.texts.frames)[0] || 1) > 1) throw new ImportRefused("multi-frame", `${label} holds several frames in one file. Export the series as one file a slice.`, { file: label });
  if (raw.has(header.transferSyntax)) {
    const need = rows * columns * (bitsAllocated / 8), there = Math.min(header.pixels.length ?? 0, file.size - header.pixels.offset);
    if (there < need) throw new ImportRefused("truncated", `${label} is cut off: its pixels need ${need} bytes, ${Math.max(there, 0)} are there. Copy it again.`, { file: label, needBytes: need, haveBytes: Math.max(there, 0) });
  } else if (!compressed[header.transferSyntax]) {
    throw new ImportRefused("unsupported-transfer-syntax", `${label} is coded in a way that is not known (${header.transferSyntax.slice(0, 64)}). Export it uncompressed.`, { file: label });
  } else if (header.pixels.length !== null) {
    throw new ImportRefused("unreadable-file", `${label} says it is compressed, but its pixels are not.`, { file: label });
  } else if (file.size - header.pixels.offset < 16 || rows * columns > 2 ** 26) {
    throw new ImportRefused("truncated", `${label} is cut off: no compressed pixels follow its header.`, { file: label });
  }
}

async function readRaw(header: DicomHeader, file: SourceFile): Promise<Float64Array> {
  const { rows = 0, columns = 0, bitsAllocated = 16, bitsStored = 16, pixelRepresentation = 0 } = header.numbers;
  const count = rows * columns, size = bitsAllocated / 8;
  const bytes = new Uint8Array(count * size);
  const handle = await open(file.path, "r");
  try {
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await handle.read(bytes, at, bytes.length - at, (header.pixels?.offset ?? 0) + at);
      if (bytesRead === 0) throw new ImportRefused("truncated", `${file.label} is cut off within its pixels. Copy it again.`, { file: file.label });
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
  const view = new DataView(bytes.buffer), out = new Float64Array(count), [slope, intercept] = rescaleOf(header, file.label);
  const shift = 32 - bitsStored;
  for (let i = 0; i < count; i++) {
    const stored = size === 1 ? bytes[i] : view.getUint16(2 * i, !header.isBigEndian);
    // Bits above Bits Stored may hold overlays: shifted out, with or without sign.
    const value = pixelRepresentation === 1 ? (stored << shift) >> shift : (stored << shift) >>> shift;
    out[i] = value * slope + intercept;
  }
  return out;
}

/**
 * The codec asks `process.binding("constants")` for the numbers of open flags, which Node's permission model
 * denies with everything else of `binding`. It gets those numbers, which are public in node:fs, and nothing more.
 */
function giveFlagConstants(): void {
  const binding = (name: string) => {
    if (name !== "constants") throw new Error(`process.binding("${name}") is denied`);
    return { fs: constants };
  };
  Object.defineProperty(process, "binding", { value: binding, configurable: true });
}

async function readCompressed(header: DicomHeader, file: SourceFile): Promise<ArrayLike<number>> {
  giveFlagConstants();
  const { readImageDicomFileSeriesNode } = await import("@itk-wasm/dicom");
  const { rows = 0, columns = 0 } = header.numbers;
  try {
    const { outputImage } = await readImageDicomFileSeriesNode({ inputImages: [file.path], singleSortedSeries: true });
    const [width, height, depth = 1] = outputImage.size;
    const data = outputImage.data;
    if (width !== columns || height !== rows || depth !== 1 || !data || data instanceof BigInt64Array || data instanceof BigUint64Array || data.length !== rows * columns) {
      throw new ImportRefused("unreadable-file", `${file.label}: the decoded image is not the ${columns} × ${rows} of its header.`, { file: file.label });
    }
    return data as unknown as ArrayLike<number>;
  } catch (error) {
    if (error instanceof ImportRefused) throw error;
    throw new ImportRefused("unreadable-file", `${file.label}: its compressed pixels cannot be decoded. Export the series uncompressed.`, { file: file.label });
  }
}

/** The Hounsfield values of one slice, row by row, not yet rounded; `columns * rows` numbers. */
export const readSlice = (header: DicomHeader, file: SourceFile): Promise<ArrayLike<number>> =>
  raw.has(header.transferSyntax) ? readRaw(header, file) : readCompressed(header, file);
