// Runs in the browser before any page module: zod must not probe `new Function`, which our content security policy reports.
import { z } from "zod";

z.config({ jitless: true });
