import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

/** A server of node's own for whatever calls itself `fetch`. */
export class FetchServer {
  readonly #server: Server;
  readonly url: string;
  /** What is under way, by its path: resolved when the client leaves. */
  readonly left = new Map<string, Promise<void>>();

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async start(): Promise<FetchServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const started = new FetchServer(server, `http://127.0.0.1:${String(address.port)}`);
    server.on(
      'request',
      (request: IncomingMessage, response: ServerResponse) => void started.#answer(request, response),
    );
    return started;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    this.left.set(pathname, new Promise((resolve) => response.once('close', resolve)));
    switch (pathname) {
      case '/echo': {
        const chunks: Buffer[] = [];
        try {
          for await (const chunk of request) chunks.push(chunk as Buffer);
        } catch {
          // The client left.
          return;
        }
        const body = Buffer.concat(chunks).toString();
        response.setHeader('Content-Type', 'application/json');
        response.end(
          JSON.stringify({ method: request.method, headers: request.headers, body, url: request.url }),
        );
        return;
      }
      case '/status':
        response.writeHead(Number(searchParams.get('code')), searchParams.get('reason') ?? '');
        response.end(searchParams.get('body') ?? '');
        return;
      case '/redirect': {
        request.resume();
        const count = Number(searchParams.get('count') ?? '1');
        const to = count > 1 ? `/redirect?count=${String(count - 1)}` : (searchParams.get('to') ?? '/echo');
        response.writeHead(Number(searchParams.get('code') ?? '302'), { Location: to });
        response.end('elsewhere');
        return;
      }
      case '/cookies':
        response.setHeader('Set-Cookie', ['a=1', 'b=2']);
        response.setHeader('X-Latin', Buffer.from('caf\xe9', 'latin1').toString('latin1'));
        response.end();
        return;
      case '/gzip':
        response.setHeader('Content-Encoding', 'gzip');
        response.end(gzipSync('unzipped'));
        return;
      case '/pieces':
        response.write('one ');
        setImmediate(() => response.end('two'));
        return;
      case '/endless':
        response.write('x'.repeat(1000));
        return;
      case '/broken':
        response.writeHead(200, { 'Content-Length': '100' });
        response.write('half', () => response.destroy());
        return;
      case '/silent':
        return;
      case '/vanish':
        request.socket.destroy();
        return;
      default:
        response.writeHead(404).end('not here');
    }
  }
}
