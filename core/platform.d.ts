// What Node, the page and its workers all have, and nothing more: core/ is checked against this
// instead of the DOM or Node types, so it cannot reach for either world's I/O.
declare class TextEncoder { encode(text: string): Uint8Array<ArrayBuffer>; }
declare class TextDecoder { constructor(label?: string, options?: { fatal?: boolean }); decode(bytes: Uint8Array): string; }
declare function atob(base64: string): string;
declare namespace WebAssembly {
  class Module { constructor(bytes: Uint8Array); }
  class Instance { readonly exports: Record<string, unknown>; constructor(module: Module, imports?: Record<string, Record<string, unknown>>); }
  class Memory { readonly buffer: ArrayBuffer; constructor(limits: { initial: number; maximum?: number }); grow(pages: number): number; }
}
