import { ClientConnection, type RequestLine } from '@wirestack/http/protocol';

const request: RequestLine = { method: 'GET', target: '/', headers: [['Host', 'example.com']] };

/** What the server said, as it comes: `transport` is whatever carries bytes. */
export function ask(transport: (bytes: string) => Iterable<Uint8Array>): string[] {
  const connection = new ClientConnection();
  const said: string[] = [];
  const output = connection.sendRequest(request); // text (one byte a character), or text and the bytes behind it
  for (const bytes of transport(typeof output === 'string' ? output : output[0])) {
    connection.receive(bytes);
    for (let event; (event = connection.nextEvent()) !== undefined;) said.push(event.type);
  }
  return said; // connection.isReusable: send the next one; connection.mustClose: end the transport
}
