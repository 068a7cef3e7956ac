import type { Transform } from 'node:stream';
import type * as Zlib from 'node:zlib';
import { parseList } from '../../fields/list.ts';

/** Codings that can be undone. `zstd` where the runtime’s zlib has it: node from 22.15 on. */
export type ContentCoding = 'gzip' | 'deflate' | 'br' | 'zstd';

/** What this runtime can undo, the one that most servers do best first. */
export const knownCodings: readonly ContentCoding[] =
  'zstd' in process.versions ? ['gzip', 'deflate', 'br', 'zstd'] : ['gzip', 'deflate', 'br'];

/**
 * The codings of `Content-Encoding` (RFC 9110 8.4), in the order they were applied; `identity` is none. `undefined` where one of them is not among `known`:
 * then nothing can be undone.
 */
export function codingsOf(value: string, known: readonly ContentCoding[]): ContentCoding[] | undefined {
  const codings: ContentCoding[] = [];
  for (const name of parseList(value.toLowerCase())) {
    if (name === 'identity') continue;
    // RFC 9110 8.4.1.3: equivalent.
    const coding = known.find((one) => one === (name === 'x-gzip' ? 'gzip' : name));
    if (coding === undefined) return undefined;
    codings.push(coding);
  }
  return codings;
}

/** What undoes a coding. `first` are the first bytes, at least one. */
export type MakeDecoder = (first: Uint8Array) => DecoderStream;

/** A stream of `node:zlib`. */
export interface DecoderStream extends Transform {
  /** Bytes of input that it has taken, whatever was written. */
  readonly bytesWritten: number;
}

/** Loads zlib the first time: who gets plain answers never pays for it. */
export async function decoderMakers(codings: readonly ContentCoding[]): Promise<MakeDecoder[]> {
  zlib ??= await import('node:zlib');
  const { createGunzip, createInflate, createInflateRaw, createBrotliDecompress } = zlib;
  const makers: Record<ContentCoding, MakeDecoder> = {
    gzip: () => createGunzip(),
    // RFC 9110 8.4.1.2 means zlib's format; some servers send it without its wrapping, whose first byte ends in 8 (RFC 1950 2.2).
    deflate: ([first = 0]) => ((first & 0x0f) === 8 ? createInflate() : createInflateRaw()),
    br: () => createBrotliDecompress(),
    zstd: () => (zlib as unknown as ZstdMaker).createZstdDecompress(),
  };
  return codings.map((coding) => makers[coding]);
}

let zlib: typeof Zlib | undefined;

/** Of later versions than the types are for. */
interface ZstdMaker {
  createZstdDecompress(): DecoderStream;
}
