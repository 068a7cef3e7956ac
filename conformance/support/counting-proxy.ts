import { connect, createServer, type AddressInfo, type Server } from 'node:net';

/** Passes connections on and counts them: whether a client keeps its connections alive is seen by nobody else. */
export class CountingProxy {
  connections = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(to: { host: string; port: number } | { path: string }): Promise<CountingProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new CountingProxy(server);
    server.on('connection', (client) => {
      proxy.connections++;
      const upstream = connect({ ...to, allowHalfOpen: true });
      client.on('error', () => upstream.destroy()).pipe(upstream);
      upstream.on('error', () => client.destroy()).pipe(client);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }
}
