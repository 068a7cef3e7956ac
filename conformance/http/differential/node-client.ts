import { once } from 'node:events';
import { Agent, request, type InformationEvent } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { packets, type Ending, type Message, type Reader, type Reading } from './normal-form.ts';
import type { Case } from './request-cases.ts';

/** The client of node:http as it is by default, over a socket, a connection for each case. */
export class NodeClient implements Reader {
  readonly #server: Server;
  readonly #cases = new Map<string, Case>();
  #count = 0;

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (head) => {
        const input = this.#cases.get(/ \/(\d+) /.exec(head.toString('latin1'))?.[1] ?? '');
        void (async () => {
          for (const packet of input === undefined ? [] : packets(input)) {
            socket.write(packet);
            await new Promise(setImmediate);
          }
          socket.end();
        })();
      });
    });
  }

  static async start(): Promise<NodeClient> {
    const reader = new NodeClient();
    await once(reader.#server.listen(0, '127.0.0.1'), 'listening');
    return reader;
  }

  async read(input: Case): Promise<Reading> {
    const id = String(this.#count++);
    this.#cases.set(id, input);
    const agent = new Agent({ keepAlive: true });
    const messages: Message[] = [];
    const { port } = this.#server.address() as AddressInfo;
    const { method = 'GET' } = input;
    const ending = await new Promise<Ending>((resolve) => {
      // Behind the end of a response that was complete: what follows that is not looked at.
      const fail = (error: NodeJS.ErrnoException & { reason?: string }): void => {
        setImmediate(resolve, {
          kind: 'error',
          code: `${error.code ?? error.message} ${error.reason ?? ''}`.trim(),
        });
      };
      const outgoing = request({ host: '127.0.0.1', port, path: `/${id}`, method, agent });
      outgoing.on('error', fail);
      outgoing.on('information', ({ statusCode, statusMessage, httpVersion }: InformationEvent) => {
        messages.push({
          method: String(statusCode),
          target: statusMessage,
          version: httpVersion,
          body: '',
          keepAlive: true,
        });
      });
      outgoing.on('response', (incoming) => {
        let body = '';
        incoming.on('error', fail);
        incoming.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
        incoming.on('end', () => {
          const { statusCode = 0, statusMessage: target = '', httpVersion: version } = incoming;
          const keepAlive = outgoing.shouldKeepAlive;
          messages.push({ method: String(statusCode), target, version, body, keepAlive });
          resolve({ kind: keepAlive ? 'idle' : 'closed' });
        });
      });
      outgoing.end();
    });
    agent.destroy();
    this.#cases.delete(id);
    return { messages, ending };
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
