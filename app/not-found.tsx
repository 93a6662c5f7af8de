import Link from "next/link";
import { CenterCard } from "./ui/CenterCard.tsx";

/** Also what a person sees of a case that is not theirs. */
export default function NotFound() {
  return (
    <CenterCard title="There is nothing here" lead="The page does not exist, or it is a case that you are not a member of.">
      <Link href="/" className="button button-primary">To the cases</Link>
    </CenterCard>
  );
}
