/**
 * A message as one unmasked, final binary frame of a WebSocket (RFC 6455, 5.2), for a message that goes to many: it is made
 * once, and each socket's stream is given the same bytes in one piece.
 */
export function binaryFrame(message: Uint8Array): Buffer {
  const { length } = message, head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = 0x82;
  frame[1] = head === 2 ? length : head === 4 ? 126 : 127;
  if (head === 4) frame.writeUInt16BE(length, 2);
  else if (head === 10) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.set(message, head);
  return frame;
}
