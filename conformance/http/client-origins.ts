import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createServer, request, type RequestListener, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { listen } from '@wirestack/socket';

const certificates = new URL('../../packages/socket/test/tls/certificates/', import.meta.url);

/** A file of the socket's tests: `ca.crt` signed `server.crt`, for localhost, 127.0.0.1 and ::1. */
export const certificatePath = (name: string): string => fileURLToPath(new URL(name, certificates));
export const authority: string = readFileSync(certificatePath('ca.crt'), 'latin1');

export async function freePort(): Promise<number> {
  await using listener = await listen('127.0.0.1:0');
  return 'port' in listener.address ? listener.address.port : 0;
}

/** node's own server. */
export class NodeOrigin implements AsyncDisposable {
  readonly server: Server;
  connections = 0;

  private constructor(server: Server) {
    this.server = server;
    server.on('connection', () => this.connections++);
  }

  static async start(listener: RequestListener, keepAliveTimeoutMs = 5000): Promise<NodeOrigin> {
    const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs }, listener);
    const origin = new NodeOrigin(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return origin;
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A forward proxy made of node's parts: absolute-form and CONNECT, with a password. What it was asked is kept. */
export async function forwardProxy(password: string): Promise<NodeOrigin & { readonly asked: string[] }> {
  const asked: string[] = [];
  const wanted = `Basic ${Buffer.from(password).toString('base64')}`;
  const origin = await NodeOrigin.start((incoming, outgoing) => {
    asked.push(`${String(incoming.method)} ${String(incoming.url)}`);
    const { 'proxy-authorization': credentials, ...headers } = incoming.headers;
    if (credentials !== wanted) {
      outgoing.writeHead(407, { 'Proxy-Authenticate': 'Basic' }).end();
      return;
    }
    const forwarded = request(incoming.url ?? '', { method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  origin.server.on('connect', (incoming, socket, head) => {
    asked.push(`CONNECT ${String(incoming.url)}`);
    socket.on('error', () => undefined);
    if (incoming.headers['proxy-authorization'] !== wanted) {
      socket.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n',
      );
      return;
    }
    const { hostname, port } = new URL(`http://${String(incoming.url)}`);
    const upstream = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
  });
  return Object.assign(origin, { asked });
}
