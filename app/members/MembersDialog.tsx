"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Copy, UserMinus } from "lucide-react";
import { useState, type FormEvent } from "react";
import { peopleColors } from "../../core/protocol/room.ts";
import { isAllowed, roles, type Role } from "../../core/review/permissions.ts";
import { errorCode, errorSentence, useTRPC } from "../api/client.tsx";
import { Avatar } from "../ui/Avatar.tsx";
import { ConfirmDialog } from "../ui/ConfirmDialog.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { formatDay } from "../ui/format.ts";
import { Notice } from "../ui/Notice.tsx";
import { roleNames } from "../ui/people.ts";
import { TextField } from "../ui/TextField.tsx";

interface Props { caseId: string; code: string; role: Role; isArchived: boolean; onClose(): void }

/** Who is in a case, with which role; adding, changing, taking out and inviting for those who may. */
export function MembersDialog({ caseId, code, role, isArchived, onClose }: Props) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const me = useQuery(trpc.me.queryOptions()).data;
  const canInvite = isAllowed(role, "case.invite", isArchived);
  const members = useQuery(trpc.members.list.queryOptions({ caseId }, { refetchInterval: 4_000 }));
  const invited = useQuery(trpc.invitations.list.queryOptions({ caseId }, { enabled: canInvite, refetchInterval: 4_000 }));
  const [problem, setProblem] = useState<string | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const [toRemove, setToRemove] = useState<{ userId: string; name: string } | null>(null);
  const refresh = async () => {
    setProblem(null);
    await Promise.all([trpc.members, trpc.invitations, trpc.cases].map((part) => client.invalidateQueries(part.pathFilter())));
  };
  const after = { onSuccess: refresh, onError: (error: unknown) => { setSaid(null); setProblem(errorSentence(error)); } };
  const setRole = useMutation(trpc.members.setRole.mutationOptions(after));
  const revoke = useMutation(trpc.invitations.revoke.mutationOptions(after));
  const remove = useMutation(trpc.members.remove.mutationOptions({ ...after, onSettled: () => setToRemove(null) }));
  return (
    <Dialog title={`People of ${code}`} onClose={onClose} width={520} label="members">
      <ul className="divide-y divide-line">
        {members.data?.map((person, i) => (
          <li key={person.userId} data-member={person.userId} className="flex items-center gap-3 py-2">
            <Avatar userId={person.userId} name={person.name} color={peopleColors[i % peopleColors.length]} size={28} />
            <span className="min-w-0 flex-1 truncate font-medium">{person.name}{person.userId === me?.userId && <span className="ml-1.5 font-normal text-muted">you</span>}</span>
            {canInvite ? (
              <>
                <RoleSelect label={`Role of ${person.name}`} value={person.role} onChange={(next) => setRole.mutate({ caseId, userId: person.userId, role: next })} />
                <button type="button" className="button button-quiet px-2" aria-label={`Take ${person.name} out`} title="Take out" onClick={() => setToRemove(person)}><UserMinus aria-hidden size={15} /></button>
              </>
            ) : <span className="text-muted">{roleNames[person.role]}</span>}
          </li>
        ))}
        {invited.data?.map((one) => (
          <li key={one.id} data-invited={one.email} className="flex items-center gap-3 py-2">
            <span aria-hidden className="size-7 rounded-full border border-dashed border-edge" />
            <span className="min-w-0 flex-1"><span className="block truncate">{one.email}</span><span className="block text-sm text-muted">Invited as {roleNames[one.role].toLowerCase()} until {formatDay(one.expiresAt)}</span></span>
            <button type="button" className="button" onClick={() => revoke.mutate({ caseId, id: one.id })}>Take back</button>
          </li>
        ))}
      </ul>
      {members.error && <Notice kind="fail">{errorSentence(members.error)}</Notice>}
      {canInvite ? <AddPerson caseId={caseId} onDone={(sentence) => { setSaid(sentence); return refresh(); }} onProblem={(sentence) => { setSaid(null); setProblem(sentence); }} />
        : <p className="mt-3 text-sm text-muted">{isArchived ? "This case is archived; its people stay as they are." : "Surgeons and engineers of the case can add people."}</p>}
      <div aria-live="polite" className="mt-3 empty:hidden">
        {problem && <Notice kind="fail">{problem}</Notice>}
        {said && !problem && (said.startsWith("http") ? <InvitationLink link={said} /> : <Notice kind="pass">{said}</Notice>)}
      </div>
      {toRemove && (
        <ConfirmDialog title={`Take ${toRemove.name} out of ${code}?`} action="Take out" isBusy={remove.isPending} onConfirm={() => remove.mutate({ caseId, userId: toRemove.userId })} onClose={() => setToRemove(null)}>
          {toRemove.userId === me?.userId ? "You lose the case at once." : "The case disappears for this person at once."} What was drawn and said stays in the record.
        </ConfirmDialog>
      )}
    </Dialog>
  );
}

function RoleSelect({ label, value, onChange }: { label: string; value: Role; onChange(role: Role): void }) {
  return (
    <select aria-label={label} className="field" value={value} onChange={(event) => { const found = roles.find((one) => one === event.target.value); if (found) onChange(found); }}>
      {roles.map((one) => <option key={one} value={one}>{roleNames[one]}</option>)}
    </select>
  );
}

/** Adds somebody who has an account; invites anybody else by a link. */
function AddPerson({ caseId, onDone, onProblem }: { caseId: string; onDone(sentence: string): Promise<void>; onProblem(sentence: string): void }) {
  const trpc = useTRPC();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [isUnknown, setUnknown] = useState(false);
  const add = useMutation(trpc.members.set.mutationOptions({
    onSuccess: () => { setEmail(""); setUnknown(false); return onDone(`${email} is in the case now.`); },
    // Nobody here has this address: the way in is an invitation.
    onError: (error) => { setUnknown(errorCode(error) === "CONFLICT" && /has an account/.test(error.message)); onProblem(errorSentence(error)); },
  }));
  const invite = useMutation(trpc.invitations.create.mutationOptions({
    onSuccess: ({ link }) => { setEmail(""); setUnknown(false); return onDone(link); }, onError: (error) => onProblem(errorSentence(error)),
  }));
  const onSubmit = (event: FormEvent) => { event.preventDefault(); add.mutate({ caseId, email: email.trim(), role }); };
  return (
    <form onSubmit={onSubmit} aria-label="Add a person" className="mt-4 flex flex-wrap items-end gap-2 border-t border-line pt-4">
      <div className="min-w-48 flex-1"><TextField label="E-mail" name="email" type="email" required autoComplete="off" value={email} onChange={(event) => { setEmail(event.target.value); setUnknown(false); }} /></div>
      <RoleSelect label="Role of the new person" value={role} onChange={setRole} />
      {isUnknown ? <button type="button" className="button button-primary min-h-9" disabled={invite.isPending} onClick={() => invite.mutate({ caseId, email: email.trim(), role })}>Make an invitation</button>
        : <button type="submit" className="button button-primary min-h-9" disabled={add.isPending}>Add</button>}
    </form>
  );
}

function InvitationLink({ link }: { link: string }) {
  const [isCopied, setCopied] = useState(false);
  return (
    <Notice kind="pass">
      <p>The invitation is made. Give this link to the person; it works once, for seven days, and is shown only now.</p>
      <div className="mt-2 flex gap-2">
        <input readOnly aria-label="Link of the invitation" className="field min-w-0 flex-1" value={link} onFocus={(event) => event.target.select()} />
        <button type="button" className="button" onClick={() => { void navigator.clipboard.writeText(link).then(() => setCopied(true), () => setCopied(false)); }}><Copy aria-hidden size={14} />{isCopied ? "Copied" : "Copy"}</button>
      </div>
    </Notice>
  );
}
