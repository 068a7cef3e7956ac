import type { ByteStream } from '@wirestack/socket';
import { utf8 } from '../protocol/octets.ts';
import type { ServerConnection } from '../protocol/server-connection.ts';
import { withLength } from './answer.ts';
import { BodySender, wholeBytes } from './body-sender.ts';
import { isFileBody } from '../file-body.ts';
import type { HttpResponse } from './response.ts';

/** Text gathered before it is written even in the middle of a batch: about what a socket takes without back-pressure. */
const flushBytes = 65_536;
const asLatin1 = { encoding: 'latin1' } as const;

/** What a connection says: text gathers until the end of a turn and leaves in one write. */
export class ResponseWriter {
  readonly #stream: ByteStream;
  readonly #protocol: ServerConnection;
  #text = '';

  constructor(stream: ByteStream, protocol: ServerConnection) {
    this.#stream = stream;
    this.#protocol = protocol;
  }

  /** So much waits that it should not wait for the end of the turn. */
  get isLong(): boolean {
    return this.#text.length > flushBytes;
  }

  add(text: string): void {
    this.#text += text;
  }

  /**
   * Takes an answer: done where its body is there as a whole; else the sender of its body, whose `send` is the caller's to call.
   *
   * @throws HttpUsageError for a response that cannot be sent; what was said before stays good while the protocol's state is `head`.
   */
  answer(response: HttpResponse, method: string): BodySender | undefined {
    const { body } = response;
    const isText = typeof body === 'string';
    if (body === undefined || ((isText || body instanceof Uint8Array) && body.length <= wholeBytes)) {
      const output = this.#protocol.sendResponse(response, body);
      if (typeof output === 'string') this.#text += output;
      else this.#writeApart(output[0], output[1]);
      return undefined;
    }
    if (isText || body instanceof Uint8Array) {
      const bytes = isText ? utf8(body) : body;
      const headers = withLength(response.headers, bytes.length, method !== 'HEAD');
      return this.#begin({ ...response, headers }, new BodySender([bytes]));
    }
    const sender = new BodySender(body);
    try {
      if (!isFileBody(body)) return this.#begin(response, sender);
      return this.#begin({ ...response, headers: withLength(response.headers, body.length, false) }, sender);
    } catch (error) {
      sender.cancel();
      throw error;
    }
  }

  /** Writes what has gathered. */
  write(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    void this.#stream.write(text, asLatin1);
  }

  #begin(response: HttpResponse, sender: BodySender): BodySender | undefined {
    const protocol = this.#protocol;
    const { status, reason, headers } = response;
    this.#text += protocol.sendHead({ status, reason, headers });
    if (!protocol.dropsBody) return sender;
    sender.cancel();
    this.#text += protocol.sendEnd();
    return undefined;
  }

  #writeApart(head: string, body: Uint8Array): void {
    this.#stream.cork();
    this.#text += head;
    this.write();
    void this.#stream.write(body);
    this.#stream.uncork();
  }
}
