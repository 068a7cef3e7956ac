import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { packets, type Ending, type Message, type Reader, type Reading } from './normal-form.ts';
import type { Case } from './request-cases.ts';

/** What tells a connection from others. */
interface Remote {
  readonly remotePort?: number | undefined;
}

/** node:http as it is by default, over a socket, a connection for each case. Each request is answered with 200 once it is complete. */
export class NodeHttp implements Reader {
  readonly #server: Server;
  readonly #connections = new Map<number, Connection>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<NodeHttp> {
    // A client that ends its side at once is answered all the same: no matter of parsing.
    const server = Object.assign(createServer({ insecureHTTPParser: false }), { httpAllowHalfOpen: true });
    const reader = new NodeHttp(server);
    const of = ({ remotePort }: Remote): Connection => reader.#connections.get(remotePort ?? 0) as Connection;
    // It waits for ever for the rest of a request where it stopped parsing at an Upgrade.
    server.on('connection', (socket: Socket) => {
      socket.once('end', () => setImmediate(() => setImmediate(() => socket.end())));
    });
    server.on('request', (request, response) => {
      of(request.socket).begin(request);
      // Behind its body, for after the last answer nothing more is read.
      request.on('end', () => response.writeHead(200, { 'Content-Length': 0 }).end());
    });
    server.on('connect', (request, socket: Socket) => {
      const connection = of(socket);
      connection.begin(request);
      connection.fault = { kind: 'switched' };
      socket.resume().end('HTTP/1.1 200 OK\r\n\r\n');
    });
    server.on('clientError', (error: NodeJS.ErrnoException & { reason?: string }, socket) => {
      const { code = error.message, reason = '' } = error;
      of(socket as Remote).fault ??= { kind: 'error', code: `${code} ${reason}`.trim() };
      // Behind the answers to what came whole before it.
      setImmediate(() => socket.end());
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return reader;
  }

  async read(input: Case): Promise<Reading> {
    const socket = connect((this.#server.address() as AddressInfo).port, '127.0.0.1');
    socket.setNoDelay(true);
    await once(socket, 'connect');
    const { localPort = 0 } = socket;
    const connection = new Connection();
    this.#connections.set(localPort, connection);
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
    const closed = new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));
    for (const piece of packets(input)) {
      socket.write(piece);
      await new Promise(setImmediate);
    }
    socket.end();
    await closed;
    this.#connections.delete(localPort);
    return connection.reading(answer);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** What is seen of one connection: the requests as the server tells them, and its answers as they leave. */
class Connection {
  readonly #requests: { readonly request: IncomingMessage; body: string; isComplete: boolean }[] = [];
  fault: Ending | undefined;

  begin(request: IncomingMessage): void {
    const seen = { request, body: '', isComplete: request.method === 'CONNECT' };
    this.#requests.push(seen);
    request.on('data', (chunk: Buffer) => (seen.body += chunk.toString('latin1')));
    request.on('end', () => (seen.isComplete = true));
    request.on('error', () => undefined);
  }

  reading(answer: string): Reading {
    const answers = Array.from(answer.matchAll(/HTTP\/1\.1 (\d{3})[^]*?\r\n\r\n/g), ([text, status]) => ({
      status: Number(status),
      keepAlive: !/\r\nConnection: close\r\n/i.test(text),
    })).filter(({ status }) => status >= 200);
    const messages: Message[] = [];
    for (const [i, { request, body, isComplete }] of this.#requests.entries()) {
      // Answered without the handler: no Host, or an expectation that nobody meets.
      const { status = 200, keepAlive = this.fault?.kind === 'switched' } = answers[i] ?? {};
      if (status !== 200) return { messages, ending: { kind: 'error', code: String(status) } };
      if (!isComplete) break;
      const { method = '', url = '', httpVersion } = request;
      messages.push({ method, target: url, version: httpVersion, body, keepAlive });
      if (!keepAlive) return { messages, ending: { kind: 'closed' } };
    }
    const next = answers[messages.length];
    if (next !== undefined && next.status !== 200)
      return { messages, ending: { kind: 'error', code: String(next.status) } };
    return { messages, ending: this.fault ?? { kind: 'idle' } };
  }
}
