import { checkedSize, decodeWasmFrame, type Stored, type WasmDecoder } from "../../../core/volume/dicom/wasmFrame.ts";

type Load = (options: object) => Promise<Record<string, new () => WasmDecoder>>;
interface Codec { load(): Promise<{ default: Load }>; wasm: URL; decoder: string }
// Each is fetched from our own origin when the first picture of its coding is drawn. None of them evaluates text as code, so
// that the policy 'wasm-unsafe-eval' is enough.
const charls: Codec = { load: () => import("@cornerstonejs/codec-charls/decodewasmjs"), wasm: new URL("../../../node_modules/@cornerstonejs/codec-charls/dist/charlswasm_decode.wasm", import.meta.url), decoder: "JpegLSDecoder" };
const openJpeg: Codec = { load: () => import("@cornerstonejs/codec-openjpeg/decodewasmjs"), wasm: new URL("../../../node_modules/@cornerstonejs/codec-openjpeg/dist/openjpegwasm_decode.wasm", import.meta.url), decoder: "J2KDecoder" };
const openJph: Codec = { load: () => import("@cornerstonejs/codec-openjph/wasmjs"), wasm: new URL("../../../node_modules/@cornerstonejs/codec-openjph/dist/openjphjs.wasm", import.meta.url), decoder: "HTJ2KDecoder" };

/** By transfer syntax: JPEG-LS, JPEG 2000, HTJ2K. */
const codecs: Readonly<Record<string, Codec>> = {
  "1.2.840.10008.1.2.4.80": charls, "1.2.840.10008.1.2.4.81": charls, "1.2.840.10008.1.2.4.90": openJpeg, "1.2.840.10008.1.2.4.91": openJpeg,
  "1.2.840.10008.1.2.4.201": openJph, "1.2.840.10008.1.2.4.202": openJph, "1.2.840.10008.1.2.4.203": openJph,
};
const loaded = new Map<Codec, Promise<() => WasmDecoder>>();

async function decoderOf({ load, wasm, decoder }: Codec): Promise<() => WasmDecoder> {
  const [{ default: start }, answer] = await Promise.all([load(), fetch(wasm)]);
  if (!answer.ok) throw new Error("The decoder could not be loaded.");
  const module = await start({ wasmBinary: new Uint8Array(await answer.arrayBuffer()), print: () => undefined, printErr: () => undefined });
  return () => new module[decoder]();
}

/**
 * One frame of a coding that needs a WASM decoder; null where the coding is another.
 * @throws RangeError where the data are broken; Error where the decoder cannot be loaded
 */
export async function wasmFrame(transferSyntax: string, frame: Uint8Array, columns: number, rows: number): Promise<Stored | null> {
  if (!Object.hasOwn(codecs, transferSyntax)) return null;
  const codec = codecs[transferSyntax];
  checkedSize(frame, columns, rows);
  let made = loaded.get(codec);
  if (!made) {
    made = decoderOf(codec);
    loaded.set(codec, made);
    made.catch(() => loaded.delete(codec)); // tried again for the next picture
  }
  try {
    return decodeWasmFrame((await made)(), frame, columns, rows);
  } catch (error) {
    loaded.delete(codec); // what broken data did to its memory is not handed on
    throw error;
  }
}
