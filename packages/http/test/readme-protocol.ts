import { HttpProtocolError, type ServerConnection } from '@wirestack/http/protocol';

/** Bytes of a client in, bytes for it out. An answer is text (one byte a character), or text and the bytes behind it. */
export function talk(connection: ServerConnection, bytes: Uint8Array): string {
  let out = '';
  connection.receive(bytes);
  try {
    for (let event; (event = connection.nextEvent()) !== undefined;) {
      // head, then data …, perhaps trailers, then end
      if (event.type !== 'head') continue;
      const output = connection.sendResponse({ status: 200 }, `${event.method} ${event.target}\n`);
      out += typeof output === 'string' ? output : output[0] + String.fromCharCode(...output[1]);
    }
  } catch (error) {
    if (!(error instanceof HttpProtocolError)) throw error;
    out += connection.sendError(error); // 400, Connection: close
  }
  return out; // and where connection.mustClose, close the transport behind it
}
