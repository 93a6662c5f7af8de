// What the tests use of lib3mf, which comes without types.
declare module "@3mfconsortium/lib3mf" {
  interface Lib3mf {
    FS: { writeFile(path: string, bytes: Uint8Array): void };
    CWrapper: new () => { CreateModel(): unknown };
    eModelUnit: Record<string, unknown>;
  }
  export default function load(): Promise<Lib3mf>;
}
