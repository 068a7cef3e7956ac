import { Agent, request as nodeRequest, type IncomingMessage } from 'node:http';
import type { Field, Answer, TableRequest } from './table-request.ts';
import { host, mountPoint } from './table-request.ts';

export type Place = { readonly host: string; readonly port: number } | { readonly socketPath: string };

/** Asks a server by Node's client, which is nobody's here. */
export class HttpAsker {
  readonly #place: Place;
  readonly #saysContinue: boolean;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  /** @param saysContinue false: a client that waits for `100 Continue` would wait for ever */
  constructor(place: Place, { saysContinue = true } = {}) {
    this.#place = place;
    this.#saysContinue = saysContinue;
  }

  async ask({ method, path, headers = [], body, framing = 'length' }: TableRequest): Promise<Answer> {
    const fields: Field[] = [['Host', host], ...headers];
    if (body !== undefined) {
      fields.push(
        framing === 'chunked' ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(body.length)],
      );
    }
    const outgoing = nodeRequest({
      ...this.#place,
      agent: this.#agent,
      method,
      path: mountPoint + path,
      headers: fields.flat(),
      timeout: 60_000,
    });
    const incoming = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.on('response', resolve).on('error', reject);
      outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
    });
    const waits = this.#saysContinue && headers.some(([name]) => name === 'Expect');
    if (waits) await Promise.race([new Promise((resolve) => outgoing.once('continue', resolve)), incoming]);
    // In pieces, so that a body in chunks has several.
    if (body !== undefined) {
      const half = body.length >> 1;
      if (half > 0) outgoing.write(body.subarray(0, half));
      if (half < body.length) outgoing.write(body.subarray(half));
    }
    outgoing.end();
    return answerOf(await incoming);
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function answerOf(incoming: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = [];
  for await (const chunk of incoming) parts.push(chunk as Buffer);
  const headers: Field[] = [];
  const raw = incoming.rawHeaders;
  for (let at = 0; at < raw.length; at += 2)
    headers.push([(raw[at] as string).toLowerCase(), raw[at + 1] as string]);
  return { status: incoming.statusCode ?? 0, headers, body: Buffer.concat(parts) };
}
