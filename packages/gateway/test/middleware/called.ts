import { run, type Application, type Body, type Chunk, type Environ } from '@wirestack/gateway';
import { setupTestingDefaults } from '../../src/testing-defaults.ts';

/** A response, read to its end. */
export interface Called {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** In the pieces it came in. */
  readonly pieces: readonly Buffer[];
  readonly bytes: Buffer;
  readonly text: string;
  /** The first of that name. */
  header(name: string): string | undefined;
  all(name: string): string[];
}

/** Calls an application as a server does, and reads its body. */
export async function call(app: Application, environ: Partial<Environ> = {}): Promise<Called> {
  const response = await run(app, setupTestingDefaults(environ));
  const { status, headers, body } = response;
  const pieces: Buffer[] = [];
  if (typeof body === 'string') pieces.push(Buffer.from(body));
  else if (body instanceof Uint8Array) pieces.push(Buffer.from(body));
  else for await (const chunk of body as AsyncIterable<Chunk>) pieces.push(Buffer.from(chunk as Uint8Array));
  const bytes = Buffer.concat(pieces);
  const all = (name: string): string[] =>
    headers.filter(([found]) => found.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  return { status, headers, pieces, bytes, text: bytes.toString(), all, header: (name) => all(name)[0] };
}

/** An application that answers the same to all. */
export function saying(
  body: Chunk | (() => Body),
  headers: readonly (readonly [string, string])[] = [['Content-Type', 'text/plain']],
  status: `${number} ${string}` = '200 OK',
): Application {
  return (_environ, startResponse) => {
    startResponse(status, headers);
    return typeof body === 'function' ? body() : [body];
  };
}

/** A body in pieces that counts how it ends. */
export class Pieces implements AsyncIterable<Chunk> {
  closes = 0;
  pulled = 0;
  readonly #chunks: readonly (Chunk | Error)[];

  constructor(...chunks: (Chunk | Error)[]) {
    this.#chunks = chunks;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Chunk, void, undefined> {
    for (const chunk of this.#chunks) {
      this.pulled++;
      if (chunk instanceof Error) throw chunk;
      yield await Promise.resolve(chunk);
    }
  }

  close(): void {
    this.closes++;
  }
}
