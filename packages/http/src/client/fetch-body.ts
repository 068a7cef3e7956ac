import type { ReadableStreamDefaultReader, ReadableStreamReadResult } from 'node:stream/web';
import { HttpUsageError } from '../errors.ts';
import type { BodyLike, OutgoingBody } from './client-request.ts';

/** The body of a fetch on its way out. */
export interface FetchBody {
  readonly body: OutgoingBody;
  /** The client knows its Content-Type better than the Request, which has made another boundary. */
  readonly describesItself: boolean;
  /** What the client is given where a redirect left the body, or dropped it. */
  forClient(body: OutgoingBody | undefined): BodyLike | undefined;
  /** The request has failed. */
  cancel(reason: unknown): void;
  /** Nobody will ask for it again. */
  settle(): void;
}

/**
 * What was given as a body, as it was given, for then it can be sent again, and has a length: a Request only has a stream of it. `undefined` where there is none.
 */
export async function outgoingBody(
  request: Request,
  input: unknown,
  init: RequestInit | undefined,
): Promise<FetchBody | undefined> {
  if (request.body === null) return undefined;
  const given = init?.body ?? undefined;
  if (typeof given === 'string') return plain(given);
  if (given instanceof URLSearchParams) return plain(given.toString());
  if (given instanceof Blob) return inClient(given, false);
  if (given instanceof FormData) return inClient(given, !saysContentType(input, init));
  if (given instanceof ArrayBuffer) return plain(new Uint8Array(given).slice());
  if (ArrayBuffer.isView(given)) {
    return plain(new Uint8Array(given.buffer, given.byteOffset, given.byteLength).slice());
  }
  const isStream = given !== undefined && Symbol.asyncIterator in Object(given);
  return isStream ? plain(request.body) : replayed(request.body);
}

function saysContentType(input: unknown, init: RequestInit | undefined): boolean {
  if (init?.headers !== undefined) return new Headers(init.headers).has('content-type');
  return input instanceof Request && input.headers.has('content-type');
}

function plain(body: OutgoingBody): FetchBody {
  return { body, describesItself: false, forClient: (left) => left, cancel: nothing, settle: nothing };
}

const nothing = (): void => undefined;

/** A body that the client encodes; on the way there something that can be sent again stands for it. */
function inClient(source: Blob | FormData, describesItself: boolean): FetchBody {
  const body: OutgoingBody = () => [];
  return { ...plain(body), describesItself, forClient: (left) => (left === body ? source : undefined) };
}

/** The body of a Request, which is a stream whatever it was made of. What is there at once, as text and bytes are, is sent with its length. */
async function replayed(stream: ByteSource): Promise<FetchBody> {
  const source = new ReplayedStream(stream);
  const whole = await source.whole();
  if (whole !== undefined) return plain(whole);
  return {
    ...plain(() => source.pieces()),
    cancel: (reason) => {
      source.cancel(reason);
    },
    settle: () => {
      source.settle();
    },
  };
}

interface ByteSource {
  getReader(): ReadableStreamDefaultReader<Uint8Array>;
}

/** Kept for sending again; more costs the memory that streaming saves. */
const maxKeptBytes = 1_048_576;
const maxWholeBytes = 65_536;

/** A stream that can be read from its beginning again, as long as that is kept. */
class ReplayedStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #kept: Uint8Array[] = [];
  #keptBytes = 0;
  /** Asked for, and not taken. */
  #next: Promise<ReadableStreamReadResult<Uint8Array>> | undefined;
  #isAtEnd = false;
  #isInUse = false;
  #isSettled = false;

  constructor(stream: ByteSource) {
    this.#reader = stream.getReader();
  }

  /** All of it, where it ends within this turn of the event loop. */
  async whole(): Promise<Uint8Array | undefined> {
    let turn: NodeJS.Immediate | undefined;
    const nextTurn = new Promise<false>((resolve) => {
      turn = setImmediate(() => {
        resolve(false);
      });
    });
    while (!this.#isAtEnd && this.#keptBytes <= maxWholeBytes) {
      this.#next ??= this.#reader.read();
      if ((await Promise.race([this.#next, nextTurn])) === false) return undefined;
      await this.#take();
    }
    clearImmediate(turn);
    return this.#isAtEnd ? Buffer.concat(this.#kept) : undefined;
  }

  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#keptBytes > maxKeptBytes) {
      throw new HttpUsageError('BAD_BODY', 'the body of a Request of more than 1 MiB cannot be sent again');
    }
    this.#isInUse = true;
    try {
      yield* this.#kept.slice();
      for (let piece = await this.#take(); piece !== undefined; piece = await this.#take()) yield piece;
    } finally {
      this.#isInUse = false;
      if (this.#isSettled) this.cancel(undefined);
    }
  }

  cancel(reason: unknown): void {
    if (this.#isAtEnd) return;
    this.#isAtEnd = true;
    this.#reader.cancel(reason).catch(nothing);
  }

  settle(): void {
    this.#isSettled = true;
    if (!this.#isInUse) this.cancel(undefined);
  }

  async #take(): Promise<Uint8Array | undefined> {
    if (this.#isAtEnd) return undefined;
    const { done, value } = await (this.#next ?? this.#reader.read());
    this.#next = undefined;
    if (done) {
      this.#isAtEnd = true;
      return undefined;
    }
    if (this.#keptBytes <= maxKeptBytes) {
      this.#keptBytes += value.length;
      if (this.#keptBytes <= maxKeptBytes) this.#kept.push(value);
      else this.#kept.length = 0;
    }
    return value;
  }
}
