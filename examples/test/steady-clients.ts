import { Agent, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';

/** One answer of the counting application. */
export interface Counted {
  readonly instance: string;
  readonly visits: number;
  readonly received: number;
}

const posted = Buffer.alloc(20_000, 'x');

/**
 * Clients that ask without a pause until they are told to stop: with GET and with POST, on kept connections and on new ones. Node's own client, for
 * it sends nothing twice: what it loses is lost.
 */
export class SteadyClients {
  readonly answers: Counted[] = [];
  /** What was no 200, and what had no answer. */
  readonly failures: string[] = [];
  readonly #address: string;
  readonly #agents: Agent[] = [];
  readonly #clients: readonly Promise<void>[];
  readonly #waiting = new Set<() => void>();
  #isOver = false;

  constructor(address: string) {
    this.#address = address;
    this.#clients = (['GET', 'POST'] as const).flatMap((method) => [
      this.#askAlways(method, this.#keeping()),
      this.#askAlways(method, false),
    ]);
  }

  get count(): number {
    return this.#clients.length;
  }

  /** Resolves when so many more were answered, by this instance, or by any. */
  async answered(count: number, instance?: string): Promise<void> {
    const from = this.answers.length;
    const isOf = (one: Counted): boolean => instance === undefined || one.instance === instance;
    while (this.answers.slice(from).filter(isOf).length < count)
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
    for (const agent of this.#agents) agent.destroy();
  }

  #keeping(): Agent {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    this.#agents.push(agent);
    return agent;
  }

  async #askAlways(method: 'GET' | 'POST', agent: Agent | false): Promise<void> {
    while (!this.#isOver) {
      try {
        this.answers.push(await this.#ask(method, agent));
      } catch (error) {
        this.failures.push(`${method}: ${String(error)}`);
      }
      for (const resolve of this.#waiting) resolve();
      this.#waiting.clear();
    }
  }

  #ask(method: 'GET' | 'POST', agent: Agent | false): Promise<Counted> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(`http://${this.#address}/`, { method, agent }, (response) => {
        text(response)
          .then((body) => {
            if (response.statusCode !== 200) throw new Error(`${String(response.statusCode)} ${body}`);
            const counted = JSON.parse(body) as Counted;
            if (counted.received !== (method === 'POST' ? posted.length : 0))
              throw new Error(`it got ${body}`);
            resolve(counted);
          })
          .catch(reject);
      });
      request.on('error', reject);
      request.end(method === 'POST' ? posted : undefined);
    });
  }
}
