import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { planKey, planParametersOf, type PlanValue } from "../../core/draft/planDoc.ts";
import { messageType, roomsPath, subprotocol } from "../../core/protocol/room.ts";
import type { HeadlessPerson } from "./headlessPerson.ts";

/** A stock y-websocket provider in a case's plan, as the page has one; it does not connect again. */
export class HeadlessPlan {
  readonly doc = new Y.Doc();
  readonly refusals: string[] = [];
  readonly #provider: WebsocketProvider;

  private constructor(origin: string, caseId: string, ticket: string) {
    planParametersOf(this.doc);
    class OriginSocket extends WebSocket {
      constructor(url: string, protocols: string[]) { super(url, protocols, { origin }); }
    }
    this.#provider = new WebsocketProvider(origin.replace(/^http/, "ws") + roomsPath, `${caseId}/plan`, this.doc, {
      disableBc: true, shouldReconnect: () => false, protocols: [subprotocol, `ticket.${ticket}`], WebSocketPolyfill: OriginSocket as unknown as typeof globalThis.WebSocket,
    });
    this.#provider.messageHandlers[messageType.refused] = () => { this.refusals.push("refused"); };
  }

  static async join(origin: string, person: HeadlessPerson, caseId: string): Promise<HeadlessPlan> {
    const answer = await person.ask(`/api/cases/${caseId}/ticket`, { method: "POST", body: "{}" });
    if (!answer.ok) throw new Error(`ticket: HTTP ${answer.status}`);
    return new HeadlessPlan(origin, caseId, (await answer.json() as { ticket: string }).ticket);
  }

  get isSynced(): boolean { return this.#provider.wsconnected && this.#provider.synced; }
  valueOf(implantId: string, name: string): PlanValue | undefined { return planParametersOf(this.doc).get(planKey(implantId, name)); }

  set(implantId: string, parameters: Readonly<Record<string, PlanValue>>): void {
    this.doc.transact(() => { for (const [name, value] of Object.entries(parameters)) planParametersOf(this.doc).set(planKey(implantId, name), value); });
  }

  close(): void {
    this.#provider.destroy();
    // Its timer would keep the process.
    this.#provider.awareness.destroy();
  }
}
