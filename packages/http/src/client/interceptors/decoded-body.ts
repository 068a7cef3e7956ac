import { HttpClientError } from '../errors.ts';
import { MadeBody, type IncomingBody } from '../incoming-body.ts';
import type { DecoderStream, MakeDecoder } from './content-codings.ts';

/**
 * The body with its codings undone, the outermost first. One piece is read when one is asked for: what waits in memory is a piece of input and some 16 KiB of
 * output for each coding, however much one byte becomes.
 */
export function decodedBody(
  body: IncomingBody,
  makers: readonly MakeDecoder[],
  maxBytes: number,
): IncomingBody {
  const stages: DecodingStage[] = [];
  let read: Read = () => body.read();
  for (const make of makers) {
    const stage = new DecodingStage(read, make, maxBytes);
    stages.push(stage);
    read = () => stage.read();
  }
  const end = (): void => {
    for (const stage of stages) stage.destroy();
  };
  return new MadeBody(pieces(body, read, end), {
    trailers: () => body.trailers,
    onCancel: (reason) => {
      body.cancel(reason);
      end();
    },
  });
}

async function* pieces(
  body: IncomingBody,
  read: Read,
  end: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (let piece = await read(); piece !== undefined; piece = await read()) yield piece;
  } catch (error) {
    body.cancel(error);
    throw error;
  } finally {
    end();
  }
}

const noBytes = new Uint8Array(0);

type Read = () => Promise<Uint8Array | undefined>;

/** One coding: pulls from what is before it, and is pulled from. */
class DecodingStage {
  readonly #source: Read;
  readonly #make: MakeDecoder;
  readonly #maxBytes: number;
  #decoder: DecoderStream | undefined;
  /** What was fed last: all before it is taken. */
  #last: Uint8Array = noBytes;
  #fedBytes = 0;
  #madeBytes = 0;
  #isTaking = false;
  #isFed = false;
  #isOver = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(source: Read, make: MakeDecoder, maxBytes: number) {
    this.#source = source;
    this.#make = make;
    this.#maxBytes = maxBytes;
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#error !== undefined) throw badEncoding(this.#error);
      const piece = this.#decoder?.read() as Buffer | null | undefined;
      if (piece !== null && piece !== undefined) return this.#counted(piece);
      if (this.#isOver) return this.#skipPadding();
      if (this.#isTaking || this.#isFed) await this.#change();
      else await this.#feed();
    }
  }

  destroy(): void {
    this.#isOver = true;
    this.#decoder?.destroy();
    this.#wake?.();
  }

  async #feed(): Promise<void> {
    const chunk = await this.#source();
    if (chunk !== undefined) {
      const decoder = (this.#decoder ??= this.#watched(this.#make(chunk)));
      this.#isTaking = true;
      this.#last = chunk;
      this.#fedBytes += chunk.length;
      decoder.write(chunk, () => {
        this.#isTaking = false;
        // What it leaves stands behind the end.
        if (decoder.bytesWritten < this.#fedBytes) this.#isFed = true;
        this.#wake?.();
      });
      return;
    }
    this.#isFed = true;
    // Nothing is the coding of nothing: servers say gzip and send no byte.
    if (this.#decoder === undefined) this.#isOver = true;
    else this.#decoder.end();
  }

  #watched(decoder: DecoderStream): DecoderStream {
    const wake = (): void => this.#wake?.();
    return decoder
      .on('readable', wake)
      .on('end', () => {
        this.#isOver = true;
        wake();
      })
      .on('error', (error) => {
        this.#error = error;
        wake();
      });
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }

  #counted(piece: Uint8Array): Uint8Array {
    this.#madeBytes += piece.length;
    if (this.#madeBytes > this.#maxBytes) {
      throw new HttpClientError(
        'BODY_TOO_LARGE',
        `a body that becomes more than ${String(this.#maxBytes)} bytes`,
      );
    }
    return piece;
  }

  /**
   * What stands behind the end of the coded data is not what the header says, and a proxy may have read it differently: an error, as in undici. Zeros are padding.
   * zlib itself reads on where another gzip member follows (RFC 1952 2.2).
   */
  async #skipPadding(): Promise<undefined> {
    const left = this.#fedBytes - (this.#decoder?.bytesWritten ?? 0);
    let rest: Uint8Array | undefined = left === 0 ? noBytes : this.#last.subarray(-left);
    this.#last = noBytes;
    while (rest !== undefined) {
      if (!this.#counted(rest).every(isZero)) throw badEncoding(new Error('more behind its end'));
      rest = await this.#source();
    }
    return undefined;
  }
}

const isZero = (byte: number): boolean => byte === 0;

function badEncoding(cause: Error): HttpClientError {
  return new HttpClientError(
    'BAD_ENCODING',
    `the body is not what its Content-Encoding says: ${cause.message}`,
    { cause },
  );
}
