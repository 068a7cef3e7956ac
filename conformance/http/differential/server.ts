import { once } from 'node:events';
import { connect } from 'node:net';
import { createServer, type HttpServer } from '@wirestack/http';
import { packets, type Message } from './normal-form.ts';
import type { Case } from './request-cases.ts';

/** What a server made of a connection: what its handler got, and whether the last answer was an error. */
export interface Served {
  readonly requests: readonly Omit<Message, 'keepAlive'>[];
  readonly isRefused: boolean;
}

/** `createServer` over a socket, a connection for each case: it must read what its core reads. */
export class OurServer {
  readonly #server: HttpServer;
  readonly #connections = new Map<number, Begun[]>();

  constructor() {
    this.#server = createServer(async (request) => {
      const { method, target, version, remoteAddress } = request;
      const begun: Begun = { method, target, version, body: undefined };
      this.#connections.get('port' in remoteAddress ? remoteAddress.port : 0)?.push(begun);
      begun.body = Buffer.from(await request.bytes()).toString('latin1');
      if (method !== 'CONNECT') return { status: 200 };
      return { status: 200, upgrade: (stream) => stream.close() };
    });
  }

  async start(): Promise<void> {
    await this.#server.listen('127.0.0.1:0');
  }

  async read(input: Case): Promise<Served> {
    const { address } = this.#server;
    const socket = connect('port' in address ? address.port : 0, '127.0.0.1').setNoDelay(true);
    await once(socket, 'connect');
    const { localPort = 0 } = socket;
    const requests: Begun[] = [];
    this.#connections.set(localPort, requests);
    let answers = '';
    socket.setEncoding('latin1').on('data', (text: string) => (answers += text));
    const closed = new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));
    for (const piece of packets(input)) {
      socket.write(piece);
      await new Promise(setImmediate);
    }
    socket.end();
    await closed;
    this.#connections.delete(localPort);
    const statuses = Array.from(answers.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => Number(status));
    return { requests: requests.filter(isComplete), isRefused: (statuses.at(-1) ?? 200) >= 400 };
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

/** Handlers of safe methods work beside each other, so a body may be complete before that of a request in front. */
type Begun = Omit<Message, 'keepAlive' | 'body'> & { body: string | undefined };

function isComplete(begun: Begun): begun is Begun & { readonly body: string } {
  return begun.body !== undefined;
}
