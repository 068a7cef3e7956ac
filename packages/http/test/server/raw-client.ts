import { onTestFinished } from 'vitest';
import {
  connect,
  type Address,
  type AddressLike,
  type ByteStream,
  type ConnectOptions,
  type SocketError,
} from '@wirestack/socket';

/** An answer as it stood on the wire, one character a byte; `body` without its framing. */
export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  readonly trailers: string;
}

/**
 * A client that writes what it is told and reads answers with `indexOf`: deliberately none of the code under test. It reads only when asked
 * to, so a test can be a client that does not.
 */
export class RawClient {
  readonly stream: ByteStream;
  #unread = '';
  #isEnded = false;

  constructor(stream: ByteStream) {
    this.stream = stream;
  }

  static async to(address: AddressLike, options: ConnectOptions = {}): Promise<RawClient> {
    return new RawClient(await connect(address, options));
  }

  /** Writes text, one byte a character, or bytes; resolves when more may be written. */
  send(data: string | Uint8Array): Promise<void> {
    return this.stream.write(data, { encoding: 'latin1' });
  }

  /** The next answer, `1xx` ones included, read by its own framing. */
  async answer(method = 'GET'): Promise<Answer> {
    const head = await this.#through('\r\n\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    if (method === 'HEAD' || status < 200 || status === 204 || status === 304) {
      return { status, head, body: '', trailers: '' };
    }
    const length = field(head, 'Content-Length');
    if (length !== undefined) return { status, head, body: await this.take(Number(length)), trailers: '' };
    if (field(head, 'Transfer-Encoding') !== 'chunked') {
      return { status, head, body: await this.rest(), trailers: '' };
    }
    const pieces = [];
    for (;;) {
      const size = parseInt(await this.#through('\r\n'), 16);
      if (size === 0) break;
      pieces.push(await this.take(size));
      if ((await this.take(2)) !== '\r\n') throw new Error('a chunk does not end with CR LF');
    }
    let trailers = '';
    for (let line; (line = await this.#through('\r\n')) !== '\r\n';) trailers += line;
    return { status, head, body: pieces.join(''), trailers };
  }

  /** The next answer with its fields by lower-case name; a name that stands twice throws. */
  async response(method = 'GET'): Promise<Response> {
    const { status, head, body, trailers } = await this.answer(method);
    return { status, headers: fields(head), body, trailers: fields(trailers) };
  }

  async answers(count: number): Promise<Answer[]> {
    const all = [];
    while (all.length < count) all.push(await this.answer());
    return all;
  }

  /** Exactly `length` bytes. */
  async take(length: number): Promise<string> {
    const pieces = [this.#unread];
    let have = this.#unread.length;
    while (have < length) {
      await this.#more();
      pieces.push(this.#unread);
      have += this.#unread.length;
    }
    const text = pieces.join('');
    this.#unread = text.slice(length);
    return text.slice(0, length);
  }

  /** Everything up to the end of a body in chunks that has no trailers, framing included. */
  untilBodyEnd(): Promise<string> {
    return this.#through('\r\n0\r\n\r\n');
  }

  /** What comes until the server's FIN; a reset rejects. */
  async rest(): Promise<string> {
    const pieces = [this.#unread];
    this.#unread = '';
    for await (const chunk of this.stream) pieces.push(Buffer.from(chunk).toString('latin1'));
    this.#isEnded = true;
    return pieces.join('');
  }

  /** How the connection ends: `'FIN'`, or the code of the error. Drops what still comes. */
  async ending(): Promise<string> {
    return this.rest().then(
      () => 'FIN',
      (error: unknown) => (error as SocketError).code,
    );
  }

  /** What comes before the server cuts the connection off: by a reset, which the platform may tell as an end where bytes came with it. */
  async untilCut(): Promise<string> {
    const pieces = [this.#unread];
    this.#unread = '';
    try {
      for await (const chunk of this.stream) pieces.push(Buffer.from(chunk).toString('latin1'));
    } catch {
      // The reset, where it is told as one.
    }
    return pieces.join('');
  }

  /** Rejects unless the server ends in order, with not a byte more. */
  async ended(): Promise<void> {
    const rest = await this.rest();
    if (rest !== '') throw new Error(`the server sent more: ${JSON.stringify(rest)}`);
  }

  async #through(mark: string): Promise<string> {
    let at;
    while ((at = this.#unread.indexOf(mark)) < 0) {
      const before = this.#unread;
      await this.#more();
      this.#unread = before + this.#unread;
    }
    const text = this.#unread.slice(0, at + mark.length);
    this.#unread = this.#unread.slice(at + mark.length);
    return text;
  }

  async #more(): Promise<void> {
    const chunk = this.#isEnded ? undefined : await this.stream.read();
    if (chunk === undefined)
      throw new Error(`the server ended the connection after ${JSON.stringify(this.#unread)}`);
    this.#unread = Buffer.from(chunk).toString('latin1');
  }
}

export interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly trailers: Readonly<Record<string, string>>;
}

/** A client that is gone with the test. */
export async function openClient(server: { readonly address: Address }): Promise<RawClient> {
  const client = await RawClient.to(server.address);
  onTestFinished(() => {
    client.stream.abort('the test is over');
  });
  return client;
}

function fields(section: string): Record<string, string> {
  const found: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const line of section.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    if (name in found) throw new Error(`${name} stands twice`);
    found[name] = line.slice(colon + 1).trim();
  }
  return found;
}

/** The value of a field in a head or trailer section. */
export function field(head: string, name: string): string | undefined {
  const lines = head.split('\r\n').filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  if (lines.length > 1) throw new Error(`${name} stands ${String(lines.length)} times`);
  return lines[0]?.slice(name.length + 1).trim();
}

export function get(target = '/', fields = ''): string {
  return `GET ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
}

export function post(body: string, fields = '', target = '/'): string {
  return `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: ${String(body.length)}\r\n${fields}\r\n${body}`;
}

/** A POST in chunks, one for each piece. */
export function postChunks(pieces: readonly string[], trailers = '', target = '/'): string {
  const chunks = pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('');
  return `POST ${target} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n${trailers}\r\n`;
}
