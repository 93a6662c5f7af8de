/** The package's own types cannot be found by the way its manifest names them. */
declare module "jpeg-lossless-decoder-js" {
  export class Decoder {
    /** Values of one component, 8 or 16 bits by the stream's precision. */
    decompress(buffer: ArrayBuffer, offset: number, length: number): ArrayBuffer;
  }
}
