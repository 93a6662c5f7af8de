"use client";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { downloadFile } from "./downloadFile.ts";
import { ProgressBar } from "./ProgressBar.tsx";

interface Props { href: string; label: string; className: string; children: ReactNode; body?: object | null; isDisabled?: boolean }

/** A link to a file: shows how far it is, and the server's sentence where it gives none. `label`: what is fetched; `body`: asked for with POST. */
export function DownloadLink({ href, label, className, children, body = null, isDisabled = false }: Props) {
  const [fraction, setFraction] = useState<number | null>(null), [isRunning, setRunning] = useState(false), [problem, setProblem] = useState<string | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const start = () => {
    const controller = new AbortController();
    running.current = controller;
    setRunning(true);
    setProblem(null);
    downloadFile(href, body, controller.signal, setFraction).catch((error: unknown) => {
      if (!controller.signal.aborted) setProblem(error instanceof Error ? error.message : "The file could not be fetched.");
    }).finally(() => setRunning(false));
  };
  return (
    <span className="flex min-w-0 flex-col gap-1">
      <a
        href={href} download aria-disabled={isDisabled || isRunning} className={`${className} ${isDisabled ? "pointer-events-none opacity-40" : ""}`}
        onClick={(event) => { event.preventDefault(); if (!isDisabled && !isRunning) start(); }}
      >{children}</a>
      {isRunning && <span className="flex items-center gap-2"><span className="min-w-16 flex-1"><ProgressBar label={`Downloading ${label}`} fraction={fraction} /></span><button type="button" className="text-sm underline" onClick={() => running.current?.abort()}>Stop</button></span>}
      {problem && <span role="alert" className="text-sm text-fail">{problem}</span>}
    </span>
  );
}
