import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { AddressLike } from '@wirestack/socket';

export interface ScriptedServerOptions {
  /** Default: a free port of 127.0.0.1. */
  readonly path?: string;
  readonly host?: string;
  readonly tls?: TlsOptions;
}

/** A server that does what a test says, byte by byte. Nothing of the code under test is in it. */
export class ScriptedServer {
  readonly #server: Server;
  readonly #arrived: Peer[] = [];
  readonly #waiting: ((peer: Peer) => void)[] = [];
  readonly #scheme: string;
  /** Those whose handshake is not over, too. */
  readonly #sockets = new Set<Socket>();
  /** Every connection so far. */
  readonly peers: Peer[] = [];

  private constructor(server: Server, scheme: string) {
    this.#server = server;
    this.#scheme = scheme;
  }

  static async start({ path, host = '127.0.0.1', tls }: ScriptedServerOptions = {}): Promise<ScriptedServer> {
    const onConnection = (socket: Socket): void => {
      scripted.#accepted(new Peer(socket));
    };
    const server =
      tls === undefined
        ? createServer({ allowHalfOpen: true, noDelay: true }, onConnection)
        : createTlsServer({ allowHalfOpen: true, ...tls }, onConnection);
    server.on('tlsClientError', () => undefined);
    server.on('connection', (socket: Socket) => scripted.#sockets.add(socket));
    const scripted = new ScriptedServer(server, tls === undefined ? 'http' : 'https');
    await new Promise<void>((resolve) => {
      if (path === undefined) server.listen(0, host, resolve);
      else server.listen(path, resolve);
    });
    onTestFinished(() => scripted.stop());
    return scripted;
  }

  /** A server that answers each request by `answer`, until that says `undefined`. */
  static async answering(
    answer: (request: SeenRequest, peer: Peer) => string | undefined,
    options?: ScriptedServerOptions,
  ): Promise<ScriptedServer> {
    const server = await ScriptedServer.start(options);
    const serve = async (): Promise<never> => {
      for (;;) void answerAll(await server.accept(), answer);
    };
    void serve();
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): AddressLike {
    return { host: '127.0.0.1', port: this.port };
  }

  /** `http://127.0.0.1:port` */
  get url(): string {
    return `${this.#scheme}://127.0.0.1:${String(this.port)}`;
  }

  /** Connections that are open at the server's end. */
  get open(): number {
    return this.peers.filter((peer) => !peer.isClosed).length;
  }

  /** The next connection. */
  accept(): Promise<Peer> {
    const peer = this.#arrived.shift();
    if (peer !== undefined) return Promise.resolve(peer);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accepted(peer: Peer): void {
    this.peers.push(peer);
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) waiting(peer);
    else this.#arrived.push(peer);
  }
}

export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly head: string;
  readonly body: string;
}

/** The server's end of one connection. Text is one character a byte. */
export class Peer {
  readonly socket: Socket;
  /** What came and was not taken. */
  unread = '';
  #ending: 'FIN' | 'RST' | undefined;
  #wake: (() => void)[] = [];
  isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.unread += text;
      this.#tell();
    });
    socket.on('end', () => {
      this.#ending ??= 'FIN';
      this.#tell();
    });
    socket.on('error', () => {
      this.#ending ??= 'RST';
    });
    socket.on('close', () => {
      this.#ending ??= 'RST';
      this.isClosed = true;
      this.#tell();
    });
  }

  /** Through `mark`, which is part of it. */
  async through(mark: string): Promise<string> {
    let at;
    while ((at = this.unread.indexOf(mark)) < 0) await this.#more();
    return this.take(at + mark.length);
  }

  /** Exactly `length` bytes. */
  async take(length: number): Promise<string> {
    while (this.unread.length < length) await this.#more();
    const text = this.unread.slice(0, length);
    this.unread = this.unread.slice(length);
    return text;
  }

  /** A request's head, its blank line included. */
  head(): Promise<string> {
    return this.through('\r\n\r\n');
  }

  /** The next request, in full. */
  async request(): Promise<SeenRequest> {
    const head = await this.head();
    const [, method = '', target = ''] = /^(\S+) (\S+) HTTP\/1\.1\r\n/.exec(head) ?? [];
    const length = /^content-length: *(\d+)\r$/im.exec(head)?.[1];
    let body = '';
    if (length !== undefined) body = await this.take(Number(length));
    else if (/^transfer-encoding: *chunked\r$/im.test(head)) {
      for (;;) {
        const size = parseInt(await this.through('\r\n'), 16);
        if (size === 0) break;
        body += await this.take(size);
        await this.take(2);
      }
      await this.through('\r\n');
    }
    return { method, target, head, body };
  }

  send(data: string | Uint8Array): void {
    if (typeof data === 'string') this.socket.write(data, 'latin1');
    else this.socket.write(data);
  }

  /** Sends, and waits until the kernel has it. */
  sent(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data, () => {
        resolve();
      });
    });
  }

  fin(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Reads nothing more. */
  stall(): void {
    this.socket.pause();
  }

  /** How the client ended its side. What it sent before stays in `unread`. */
  async ended(): Promise<'FIN' | 'RST'> {
    while (this.#ending === undefined) await this.#changed();
    return this.#ending;
  }

  async #more(): Promise<void> {
    if (this.#ending !== undefined) throw new Error(`the client ended behind ${JSON.stringify(this.unread)}`);
    await this.#changed();
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #tell(): void {
    for (const resolve of this.#wake.splice(0)) resolve();
  }
}

async function answerAll(
  peer: Peer,
  answer: (request: SeenRequest, peer: Peer) => string | undefined,
): Promise<void> {
  try {
    for (;;) {
      const text = answer(await peer.request(), peer);
      if (text !== undefined) peer.send(text);
    }
  } catch {
    // The client is done. What a server closes then, node closes.
    peer.fin();
  }
}

/** An answer with a body and its length. */
export function ok(body: string = '', fields: string = ''): string {
  return `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${String(body.length)}\r\n\r\n${body}`;
}
