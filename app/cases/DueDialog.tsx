import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { errorSentence, useTRPC } from "../api/client.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Notice } from "../ui/Notice.tsx";
import { TextField } from "../ui/TextField.tsx";

/** Sets the day a case is due, or takes it away. */
export function DueDialog({ caseId, code, dueAt, onClose }: { caseId: string; code: string; dueAt: Date | null; onClose(): void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [day, setDay] = useState(dueAt?.toISOString().slice(0, 10) ?? "");
  const save = useMutation(trpc.cases.setDue.mutationOptions({
    onSuccess: async () => { await queryClient.invalidateQueries(trpc.cases.pathFilter()); onClose(); },
  }));
  const onSubmit = (event: FormEvent) => { event.preventDefault(); if (day !== "") save.mutate({ caseId, day }); };
  return (
    <Dialog title={`Due date of ${code}`} label="due" width={340} onClose={onClose}>
      <form className="flex flex-col gap-4" onSubmit={onSubmit}>
        <TextField label="Day" type="date" value={day} required data-autofocus="" onChange={(event) => setDay(event.target.value)} />
        {save.error && <Notice kind="fail">{errorSentence(save.error)}</Notice>}
        <div className="flex justify-end gap-2">
          {dueAt && <button type="button" className="button button-quiet mr-auto" disabled={save.isPending} onClick={() => save.mutate({ caseId, day: null })}>No due date</button>}
          <button type="button" className="button" onClick={onClose}>Cancel</button>
          <button type="submit" className="button button-primary" disabled={save.isPending || day === ""}>Save</button>
        </div>
      </form>
    </Dialog>
  );
}
