"use client";
import { useEffect, useRef, type ReactNode } from "react";

interface Props { title: string; children: ReactNode; action: string; isBusy?: boolean; onConfirm(): void; onClose(): void }

/** Asks before something that is not easily undone. The browser's own modal: focus is kept inside, Escape closes. */
export function ConfirmDialog({ title, children, action, isBusy = false, onConfirm, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog} aria-labelledby="confirm-title" onCancel={(event) => { event.preventDefault(); onClose(); }}
      className="m-auto w-[min(420px,calc(100vw-32px))] rounded-xl border border-line bg-pane p-5 text-ink shadow-2xl shadow-black backdrop:bg-black/60"
    >
      <h2 id="confirm-title" className="text-lg font-semibold">{title}</h2>
      <div className="mt-1.5 text-muted">{children}</div>
      <div className="mt-5 flex justify-end gap-2">
        <button type="button" className="button" onClick={onClose}>Cancel</button>
        <button type="button" className="button button-primary" disabled={isBusy} onClick={onConfirm}>{action}</button>
      </div>
    </dialog>
  );
}
