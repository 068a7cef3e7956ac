import { createHash } from 'node:crypto';
import type { ByteStream } from '@wirestack/socket';

/** What a server answers to `Sec-WebSocket-Key` (RFC 6455 4.2.2). */
export function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** Sends each frame of a browser back as it came, unmasked, up to the frame that closes (RFC 6455 5.2). */
export async function echoFrames(stream: ByteStream): Promise<void> {
  let received = Buffer.alloc(0);
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
    received = Buffer.concat([received, chunk]);
    for (let frame = firstFrame(received); frame !== undefined; frame = firstFrame(received)) {
      received = received.subarray(frame.size);
      await stream.write(frame.answer);
      if (frame.isClose) return;
    }
  }
}

/**
 *     FIN opcode │ MASK length │ (length of 2 bytes) │ mask of 4 bytes │ payload
 */
function firstFrame(bytes: Buffer): { size: number; answer: Buffer; isClose: boolean } | undefined {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  const short = second & 0x7f;
  const head = short === 126 ? 4 : 2;
  if (short === 127 || (second & 0x80) === 0) throw new Error('a frame that no browser sends here');
  if (bytes.length < head + 4) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short;
  const size = head + 4 + length;
  if (bytes.length < size) return undefined;
  const mask = bytes.subarray(head, head + 4);
  const payload = bytes.subarray(head + 4, size).map((byte, i) => byte ^ (mask[i % 4] as number));
  const start = Buffer.from(bytes.subarray(0, head));
  start.writeUInt8(short, 1);
  return { size, answer: Buffer.concat([start, payload]), isClose: (first & 0x0f) === 8 };
}
