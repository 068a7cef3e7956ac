import { createHash } from 'node:crypto';
import {
  createServer,
  ServerConnection,
  type HttpRequest,
  type HttpResponse,
  type HttpServer,
  type ServerOptions,
} from '@wirestack/http';

/** A request as the upstream server saw it. */
export interface Seen {
  readonly method: string;
  readonly target: string;
  /** Every value of `X-Front`, which the proxy adds to each request that it means to send. */
  readonly front: readonly string[];
  readonly clientPort: number;
}

/** Our server behind a proxy, or in front of a client: it does a little of everything, and remembers what it was asked. */
export class Upstream implements AsyncDisposable {
  readonly seen: Seen[] = [];
  /** What the server was not able to do: nothing, in these tests. */
  readonly errors: unknown[] = [];
  readonly #waiting = new Set<() => void>();
  #server!: HttpServer;
  /** Endless downloads that were ended by the client's leaving. */
  left = 0;

  static async start(options: ServerOptions = {}): Promise<Upstream> {
    const upstream = new Upstream();
    const server = createServer((request) => upstream.#answer(request), {
      onError: (error) => void upstream.errors.push(error),
      ...options,
    });
    upstream.#server = await server.listen('127.0.0.1:0');
    return upstream;
  }

  get port(): number {
    const { address } = this.#server;
    return 'port' in address ? address.port : 0;
  }

  get address(): string {
    return `127.0.0.1:${String(this.port)}`;
  }

  get connections(): number {
    return this.#server.stats.connections;
  }

  /** When `isSo` holds; it is asked again after each request, and whenever a client has left. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.close();
  }

  #changed(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #answer(request: HttpRequest): HttpResponse | Promise<HttpResponse> {
    const { method, target, path, query, headers, remoteAddress } = request;
    const clientPort = 'port' in remoteAddress ? remoteAddress.port : 0;
    this.seen.push({ method, target, front: headers.getAll('x-front'), clientPort });
    this.#changed();
    if (method === 'CONNECT') return tunnel(request);
    switch (path) {
      case '/upload':
        return upload(request);
      case '/download':
        return { status: 200, body: bytesOf(Number(query)) };
      case '/endless':
        return { status: 200, body: this.#endless() };
      case '/who':
        return json({
          client: request.clientAddress,
          scheme: request.scheme,
          authority: request.authority,
          remote: 'host' in remoteAddress ? remoteAddress.host : 'unix',
        });
      case '/trailers':
        return { status: 200, body: ['with ', 'trailers\n'], trailers: () => [['X-Checksum', 'right']] };
      case '/echo':
        return echo(request);
      case '/hints':
        request.informational(103, [['Link', '</style.css>; rel=preload']]);
        return { status: 200, body: 'hinted\n' };
      case '/refuse':
        return { status: 413 };
      default:
        return { status: 200, body: `${method} ${target}\n` };
    }
  }

  async *#endless(): AsyncGenerator<Uint8Array> {
    const piece = new Uint8Array(65_536).fill(0x2e);
    try {
      for (;;) yield piece;
    } finally {
      this.left++;
      this.#changed();
    }
  }
}

/** SHA-256 of the bytes that `/download?bytes` answers with. */
export function downloadHash(bytes: number): string {
  const hash = createHash('sha256');
  for (const piece of bytesOf(bytes)) hash.update(piece);
  return hash.digest('hex');
}

/** No two pieces alike, so that none may be lost, doubled or moved. */
function* bytesOf(total: number): Generator<Uint8Array> {
  for (let at = 0; at < total; at += 65_536) {
    const piece = Buffer.alloc(Math.min(65_536, total - at), at % 251);
    if (piece.length >= 4) piece.writeUInt32BE(at);
    yield piece;
  }
}

async function upload({ body, headers }: HttpRequest): Promise<HttpResponse> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return json({ bytes, hash: hash.digest('hex'), coding: headers.get('transfer-encoding') ?? '' });
}

function echo(request: HttpRequest): HttpResponse {
  const protocol = request.headers.get('upgrade');
  if (!request.wantsUpgrade || protocol === undefined)
    return {
      status: 426,
      headers: [
        ['Connection', 'Upgrade'],
        ['Upgrade', 'echo'],
      ],
    };
  return {
    status: 101,
    headers: [['Upgrade', protocol]],
    upgrade: async (stream) => {
      for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read())
        await stream.write(chunk);
    },
  };
}

/** At the end of the tunnel is a server that tells where it is. It is ours, without a listener of its own. */
function tunnel({ target }: HttpRequest): HttpResponse {
  return {
    status: 200,
    upgrade: async (stream) => {
      const connection = new ServerConnection();
      for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
        connection.receive(chunk);
        for (let event = connection.nextEvent(); event !== undefined; event = connection.nextEvent()) {
          if (event.type === 'head') await stream.write(textOf(connection, `${target} ${event.target}\n`));
        }
      }
    },
  };
}

function textOf(connection: ServerConnection, body: string): string {
  const output = connection.sendResponse({ status: 200 }, body);
  if (typeof output !== 'string') throw new Error('a body so short is written with its head');
  return output;
}

function json(value: unknown): HttpResponse {
  return { status: 200, headers: [['Content-Type', 'application/json']], body: JSON.stringify(value) };
}
