import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Program } from '../../conformance/support/program.ts';
import { scratch, startProgram } from './running.ts';

const folder = fileURLToPath(new URL('../32-many-machines/', import.meta.url));
const main = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));

/** Longer than a test may take. */
const timeoutMs = 110_000;

/** A Redis that keeps nothing, behind a path. */
export class Redis {
  readonly address: string;
  readonly #directory: string;
  #program: Program | undefined;

  private constructor(directory: string) {
    this.#directory = directory;
    this.address = `unix:${join(directory, 'redis.sock')}`;
  }

  static async start(): Promise<Redis> {
    const redis = new Redis(await scratch());
    await redis.start();
    return redis;
  }

  async start(): Promise<void> {
    const path = join(this.#directory, 'redis.sock');
    const settings = { port: '0', unixsocket: path, dir: this.#directory, save: '', appendonly: 'no' };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    this.#program = startProgram('redis-server', args, { timeoutMs });
    await this.#program.says(/ready to accept connections/);
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }
}

/** One of the machines: `wirestack run`, always at the same address. */
export class Instance {
  readonly name: string;
  readonly #redis: Redis;
  readonly #env: NodeJS.ProcessEnv;
  #address = '127.0.0.1:0';
  #program!: Program;

  private constructor(name: string, redis: Redis, env: NodeJS.ProcessEnv) {
    this.name = name;
    this.#redis = redis;
    this.#env = env;
  }

  /** @param requestsPerMinute what each client may ask */
  static async start(name: string, redis: Redis, requestsPerMinute: number): Promise<Instance> {
    const instance = new Instance(name, redis, { REQUESTS_PER_MINUTE: String(requestsPerMinute) });
    await instance.start();
    // At the end nobody waits for it.
    onTestFinished(async () => {
      await instance.end('SIGKILL');
    });
    return instance;
  }

  get address(): string {
    return this.#address;
  }

  async start(): Promise<void> {
    const options = ['--trust-proxy', '127.0.0.1', '--drain-delay', '1', '--access-log', 'off'];
    const args = ['run', join(folder, 'application.js'), '--bind', this.#address, ...options];
    const env = { ...this.#env, INSTANCE: this.name };
    const { program, address } = await startInstance(args, this.#redis, env);
    this.#program = program;
    this.#address = address;
  }

  /** Answers the exit code. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    return (await this.#program.stop(signal)).code;
  }

  async status(path: string): Promise<number> {
    return (await ask(this.#address, path)).status;
  }
}

/** `wirestack` with these arguments, as far as the address it prints. */
export async function startInstance(
  args: readonly string[],
  redis: Redis,
  more: NodeJS.ProcessEnv = {},
): Promise<{ readonly program: Program; readonly address: string }> {
  const env = { ...process.env, ...more, REDIS: redis.address };
  const program = startProgram(process.execPath, [main, ...args], { timeoutMs, env });
  const [, address = ''] = await program.says(/^ {2}http:\/\/([\d.:]+)\/$/m, 'stderr');
  return { program, address };
}

/** haproxy, with the example's configuration. */
export class Haproxy {
  readonly address: string;
  readonly #program: Program;

  private constructor(address: string, program: Program) {
    this.address = address;
    this.#program = program;
  }

  static async start(a: Instance, b: Instance): Promise<Haproxy> {
    const address = `127.0.0.1:${String(await freePort())}`;
    const env = { ...process.env, LISTEN: address, INSTANCE_A: a.address, INSTANCE_B: b.address };
    const program = startProgram('haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], { timeoutMs, env });
    const failed = program.ended().then(({ stderr }) => Promise.reject(new Error(stderr)));
    await Promise.race([failed, untilAnswered(async () => (await ask(address, '/livez')).status === 200)]);
    return new Haproxy(address, program);
  }

  /** The lines of its log that are about servers, so far. */
  get log(): string {
    return this.#program.stdout;
  }

  /** What it says of a server from `after` on, a length of `log`. */
  async says(pattern: RegExp, after: number): Promise<void> {
    const at = new RegExp(`^[^]{${String(after)},}?${pattern.source}`);
    await this.#program.says(at);
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** Asks on a connection of its own. */
export async function ask(
  address: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const request = get(`http://${address}${path}`, { agent: false, headers });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

/** Asks again until it is so; what cannot be connected to is not so. The test's own time limit guards it. */
export async function untilAnswered(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo().catch(() => false)));
}

/** haproxy cannot say which port it was given: this one is free now, and ports are given out in turn. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
