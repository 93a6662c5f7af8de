import type { Metadata, Viewport } from "next";
import { connection } from "next/server";
import type { ReactNode } from "react";
import "@fontsource-variable/inter/wght.css";
import "./globals.css";
import { TrpcProvider } from "./api/client.tsx";
import { DemoBanner } from "./ui/DemoBanner.tsx";

export const metadata: Metadata = { title: { default: "Caseroom", template: "%s · Caseroom" }, description: "Case rooms for patient-specific implants." };
export const viewport: Viewport = { themeColor: "#0e1116", colorScheme: "dark", width: "device-width", initialScale: 1 };

/** The frame of every page. Awaiting `connection()` keeps each page dynamic, so that it carries this request's nonce. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  await connection();
  return (
    <html lang="en">
      <body>
        {process.env.CASEROOM_MODE === "demo" && <DemoBanner />}
        <TrpcProvider>
          <div className="relative min-h-0 flex-1">{children}</div>
        </TrpcProvider>
      </body>
    </html>
  );
}
