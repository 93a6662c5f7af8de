/** Head of one unmasked, final binary frame of a WebSocket (RFC 6455, 5.2) with `length` bytes of message. */
export function frameHead(length: number): Buffer {
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x82;
  head[1] = head.length === 2 ? length : head.length === 4 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  else if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

/** A message as one frame, for a message that goes to many: it is made once, and each socket's stream is given the same bytes in one piece. */
export function binaryFrame(message: Uint8Array): Buffer {
  const head = frameHead(message.length), frame = Buffer.allocUnsafe(head.length + message.length);
  frame.set(head);
  frame.set(message, head.length);
  return frame;
}
