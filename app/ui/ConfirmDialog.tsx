"use client";
import type { ReactNode } from "react";
import { Dialog } from "./Dialog.tsx";

interface Props { title: string; children: ReactNode; action: string; cancel?: string; isBusy?: boolean; onConfirm(): void; onClose(): void }

/** Asks before something that is not easily undone. */
export function ConfirmDialog({ title, children, action, cancel = "Cancel", isBusy = false, onConfirm, onClose }: Props) {
  return (
    <Dialog title={title} onClose={onClose} label="confirm">
      <div className="text-muted">{children}</div>
      <div className="mt-5 flex justify-end gap-2">
        <button type="button" className="button" onClick={onClose}>{cancel}</button>
        <button type="button" className="button button-primary" disabled={isBusy} onClick={onConfirm}>{action}</button>
      </div>
    </Dialog>
  );
}
