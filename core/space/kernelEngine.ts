/** A kernel's engine, or its twin where WebAssembly is refused. */
export function newEngine<Engine>(kernel: new () => Engine, twin: new () => Engine): Engine {
  try {
    return new kernel();
  } catch {
    return new twin();
  }
}

/** The same, one for a thread: made when it is first asked for, with memory that is reused from call to call. */
export function sharedEngine<Engine>(kernel: new () => Engine, twin: new () => Engine): () => Engine {
  let shared: Engine | undefined;
  return () => shared ??= newEngine(kernel, twin);
}
