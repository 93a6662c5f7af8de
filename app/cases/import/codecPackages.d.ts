/** The package's own types cannot be found by the way its manifest names them. */
declare module "jpeg-lossless-decoder-js" {
  export class Decoder {
    /** Values of one component, 8 or 16 bits by the stream's precision. */
    decompress(buffer: ArrayBuffer, offset: number, length: number): ArrayBuffer;
  }
}
/** Emscripten's modules, which come without types. */
declare module "@cornerstonejs/codec-charls/decodewasmjs" {
  const load: (options: object) => Promise<Record<string, new () => import("../../../core/volume/dicom/wasmFrame.ts").WasmDecoder>>;
  export default load;
}
declare module "@cornerstonejs/codec-openjpeg/decodewasmjs" {
  export { default } from "@cornerstonejs/codec-charls/decodewasmjs";
}
declare module "@cornerstonejs/codec-openjph/wasmjs" {
  export { default } from "@cornerstonejs/codec-charls/decodewasmjs";
}
