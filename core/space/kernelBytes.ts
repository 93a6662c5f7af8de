/** The bytes of a compiled kernel (a `kernel/<name>.wasm.ts` anywhere in core), from its base64. */
export function kernelBytes(base64: string): Uint8Array {
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
