import { socketPair, type ByteStream } from '@wirestack/socket';
import { jsonRpc, Peer, type JsonRpcOptions, type PeerOptions } from '../src/index.ts';

/** The other end of a connection, without this package: it writes JSON texts, a line each, and reads what comes back. */
export class RawEnd {
  readonly stream: ByteStream;
  #text = '';

  constructor(stream: ByteStream) {
    this.stream = stream;
  }

  /** Strings as they are, anything else as JSON; a line each, all in one write. */
  send(...messages: readonly unknown[]): void {
    const lines = messages.map((message) =>
      typeof message === 'string' ? message : JSON.stringify(message),
    );
    void this.stream.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** The next message; `undefined` where the other side has ended. */
  async next(): Promise<unknown> {
    let end: number;
    while ((end = this.#text.indexOf('\n')) < 0) {
      const chunk = await this.stream.read();
      if (chunk === undefined) return undefined;
      this.#text += Buffer.from(chunk).toString('utf8');
    }
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 1);
    return JSON.parse(line) as unknown;
  }

  async take(count: number): Promise<unknown[]> {
    const messages: unknown[] = [];
    while (messages.length < count) messages.push(await this.next());
    return messages;
  }

  /** Every message until the other side ends. */
  async rest(): Promise<unknown[]> {
    const messages: unknown[] = [];
    for (let message; (message = await this.next()) !== undefined;) messages.push(message);
    return messages;
  }

  /** Ends this side only: answers may still come. */
  end(): void {
    void this.stream.shutdown('write');
  }
}

export function request(id: unknown, method: string, ...params: readonly unknown[]): object {
  return { jsonrpc: '2.0', id, method, params };
}

export function notification(method: string, ...params: readonly unknown[]): object {
  return { jsonrpc: '2.0', method, params };
}

export function answer(id: unknown, result: unknown): object {
  return { jsonrpc: '2.0', id, result };
}

export function fault(id: unknown, code: number, message: string, data?: unknown): object {
  return { jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } };
}

/** A peer and, across a memory pair, an end that speaks lines of JSON. */
export function facing(options: PeerOptions = {}, wire: JsonRpcOptions = {}): { peer: Peer; raw: RawEnd } {
  const [ours, theirs] = socketPair();
  return {
    peer: new Peer(ours, jsonRpc({ ...wire, framing: 'newline' }), options),
    raw: new RawEnd(theirs),
  };
}

/** Two peers that face each other. */
export function joined(
  left: PeerOptions = {},
  right: PeerOptions = {},
  wire: JsonRpcOptions = {},
): [Peer, Peer] {
  const [a, b] = socketPair();
  return [new Peer(a, jsonRpc(wire), left), new Peer(b, jsonRpc(wire), right)];
}
