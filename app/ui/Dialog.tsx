"use client";
import { X } from "lucide-react";
import { useEffect, useId, useRef, type ReactNode } from "react";

interface Props { title: string; children: ReactNode; onClose(): void; width?: number; label?: string }

/**
 * A dialog over the page. The browser's own modal: focus is kept inside and goes back where it was, Escape closes;
 * so does a click beside it.
 */
export function Dialog({ title, children, onClose, width = 420, label }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    if (element && !element.open) element.showModal();
    // React focuses before the dialog is modal; what should have the keys says so.
    element?.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    return () => {
      element?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={dialog} aria-labelledby={id} data-dialog={label} onCancel={(event) => { event.preventDefault(); onClose(); }}
      onPointerDown={(event) => { if (event.target === event.currentTarget) onClose(); }}
      style={{ width: `min(${width}px, calc(100vw - 32px))` }}
      className="m-auto max-h-[calc(100dvh-48px)] overflow-y-auto rounded-xl border border-edge bg-pane p-0 text-ink shadow-2xl shadow-black backdrop:bg-black/60"
    >
      <div className="p-5">
        <h2 id={id} className="mb-2 pr-8 text-lg font-semibold">{title}</h2>
        {children}
        {/* Last in order, so that opening a dialog does not begin on its way out. */}
        <button type="button" aria-label="Close" className="absolute right-3.5 top-4 flex size-7 items-center justify-center rounded-md text-muted hover:bg-raised hover:text-ink" onClick={onClose}><X aria-hidden size={16} /></button>
      </div>
    </dialog>
  );
}
