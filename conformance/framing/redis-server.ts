import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeAll, resp, respCommand, type Decoder, type RespValue } from '@wirestack/framing';
import { connect, type ByteStream } from '@wirestack/socket';
import { Program } from '../support/program.ts';

/** `redis-server` that keeps nothing, behind a path: no port to find. */
export class RedisServer implements AsyncDisposable {
  readonly socketPath: string;
  readonly #program: Program;
  readonly #directory: string;

  private constructor(program: Program, directory: string) {
    this.#program = program;
    this.#directory = directory;
    this.socketPath = join(directory, 'redis.sock');
  }

  static async start(): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), 'wirestack-redis-'));
    const settings = {
      port: '0',
      unixsocket: join(directory, 'redis.sock'),
      dir: directory,
      save: '',
      appendonly: 'no',
      'enable-debug-command': 'yes',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const server = new RedisServer(new Program('redis-server', args, { timeoutMs: 120_000 }), directory);
    try {
      await server.#program.says(/ready to accept connections/);
    } catch (error) {
      await rm(directory, { recursive: true });
      throw error;
    }
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.stop();
    await rm(this.#directory, { recursive: true });
  }
}

/** A client that remembers what it read: as bytes, and as frames. */
export class RedisClient implements AsyncDisposable {
  readonly received: RespValue[] = [];
  readonly #version: 2 | 3;
  readonly #stream: ByteStream;
  readonly #decoder: Decoder<RespValue>;
  readonly #chunks: Uint8Array[] = [];

  private constructor(stream: ByteStream, version: 2 | 3) {
    this.#stream = stream;
    this.#version = version;
    this.#decoder = resp({ version, maxBytes: 64 * 1024 * 1024 }).decoder();
  }

  static async connect(server: RedisServer, version: 2 | 3): Promise<RedisClient> {
    const client = new RedisClient(await connect(`unix:${server.socketPath}`), version);
    if (version === 3) await client.ask('HELLO', 3);
    return client;
  }

  /** Sends a command; answers what comes next. */
  async ask(...words: Parameters<typeof respCommand>): Promise<RespValue> {
    await this.send([respCommand(...words)]);
    return this.next();
  }

  /** Sends commands in one go. */
  async send(commands: readonly RespValue[]): Promise<void> {
    await this.#stream.write(encodeAll(resp({ maxBytes: 64 * 1024 * 1024 }), commands));
  }

  async next(): Promise<RespValue> {
    for (;;) {
      const frame = this.#decoder.next();
      if (frame !== undefined) {
        this.received.push(frame);
        return frame;
      }
      const chunk = await this.#stream.read();
      if (chunk === undefined) throw new Error('redis closed the connection');
      this.#chunks.push(chunk);
      this.#decoder.push(chunk);
    }
  }

  /** All that came, as it came; and what the codec makes of the frames. */
  bytes(): { received: Buffer; encodedAgain: Buffer } {
    const codec = resp({ version: this.#version, maxBytes: 64 * 1024 * 1024 });
    return {
      received: Buffer.concat(this.#chunks),
      encodedAgain: Buffer.from(encodeAll(codec, this.received)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stream.close();
  }
}
