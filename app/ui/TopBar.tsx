import Link from "next/link";
import type { ReactNode } from "react";
import { Brand } from "./Brand.tsx";
import { UserMenu } from "./UserMenu.tsx";

/** The bar of the pages outside a room: product, `children` (a search field), the person. */
export function TopBar({ children }: { children?: ReactNode }) {
  return (
    <header className="flex h-12 shrink-0 items-center gap-3 border-b border-line bg-pane px-4">
      <Link href="/" className="flex min-h-11 items-center gap-3 font-semibold"><Brand /> Caseroom</Link>
      <nav aria-label="Main" className="ml-1"><Link href="/" aria-current="page" className="flex min-h-11 min-w-11 items-center text-muted hover:text-ink">Cases</Link></nav>
      <div className="ml-auto flex items-center gap-3">{children}<UserMenu /></div>
    </header>
  );
}
