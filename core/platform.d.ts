// What Node, the page and its workers all have, and nothing more: core/ is checked against this
// instead of the DOM or Node types, so it cannot reach for either world's I/O.
declare class TextEncoder { encode(text: string): Uint8Array<ArrayBuffer>; }
declare class TextDecoder { constructor(label?: string, options?: { fatal?: boolean }); decode(bytes: Uint8Array): string; }
declare function atob(base64: string): string;
declare namespace WebAssembly {
  interface Module { readonly _module: never }
  interface Instance { readonly exports: Record<string, unknown> }
  interface Memory { readonly buffer: ArrayBuffer; grow(pages: number): number }
  const Module: new (bytes: Uint8Array) => Module;
  const Instance: new (module: Module, imports?: Record<string, Record<string, unknown>>) => Instance;
  const Memory: new (limits: { initial: number; maximum?: number }) => Memory;
}
