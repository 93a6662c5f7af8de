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
