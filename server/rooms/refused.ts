import { closeCode } from "../../core/protocol/room.ts";

/** An update or message that the room does not take; the socket is told and closed with `close`. */
export class MessageRefused extends Error {
  override name = "MessageRefused";
  readonly code: string;
  readonly close: number;

  constructor(code: string, message: string, close: number = closeCode.badMessage) {
    super(message);
    this.code = code;
    this.close = close;
  }
}

/** An update that continues something the server has not got: the sender is asked to sync, nothing is refused yet. */
export class UpdateAhead extends Error {
  override name = "UpdateAhead";
}
