import * as zlib from 'node:zlib';
import { promisify } from 'node:util';

/** Content codings (RFC 9110 8.4.1, RFC 7932, RFC 8878). */
export type Coding = 'br' | 'gzip' | 'zstd';

/** How hard to try, by coding. */
export type Levels = Readonly<Partial<Record<Coding, number>>>;

const { constants } = zlib;

/** What `node:zlib` has from Node 22.15 on. */
interface Zstd {
  readonly zstdCompressSync: (bytes: Uint8Array, options: ZstdOptions) => Buffer;
  readonly zstdCompress: (
    bytes: Uint8Array,
    options: ZstdOptions,
    done: (error: Error | null, output: Buffer) => void,
  ) => void;
  readonly createZstdCompress: (options: ZstdOptions) => zlib.Gzip;
  readonly constants: { readonly ZSTD_e_flush: number; readonly ZSTD_c_compressionLevel: number };
}

interface ZstdOptions {
  readonly flush?: number;
  readonly params: Readonly<Record<number, number>>;
}

const zstd = 'createZstdCompress' in zlib ? (zlib as unknown as Zstd) : undefined;

/** Of this Node. */
export const availableCodings: readonly Coding[] =
  zstd === undefined ? ['br', 'gzip'] : ['br', 'gzip', 'zstd'];

const brotli = promisify<zlib.InputType, zlib.BrotliOptions, Buffer>(zlib.brotliCompress);
const gzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gzip);
const zstdSoon = zstd && promisify(zstd.zstdCompress);

/** At once, on this thread. */
export function compressNow(bytes: Uint8Array, coding: Coding, level: Levels): Uint8Array {
  switch (coding) {
    case 'br':
      return zlib.brotliCompressSync(bytes, brotliOptions(level, bytes.length));
    case 'gzip':
      return zlib.gzipSync(bytes, gzipOptions(level));
    case 'zstd':
      return there(zstd).zstdCompressSync(bytes, zstdOptions(level));
  }
}

/** By Node's threads. */
export function compressSoon(bytes: Uint8Array, coding: Coding, level: Levels): Promise<Uint8Array> {
  switch (coding) {
    case 'br':
      return brotli(bytes, brotliOptions(level, bytes.length));
    case 'gzip':
      return gzip(bytes, gzipOptions(level));
    case 'zstd':
      return there(zstdSoon)(bytes, zstdOptions(level));
  }
}

/** A stream whose output has all of a write as soon as the write is done. */
export function flushingCompressor(coding: Coding, level: Levels): zlib.BrotliCompress | zlib.Gzip {
  switch (coding) {
    case 'br':
      return zlib.createBrotliCompress({
        ...brotliOptions(level),
        flush: constants.BROTLI_OPERATION_FLUSH,
      });
    case 'gzip':
      return zlib.createGzip({ ...gzipOptions(level), flush: constants.Z_SYNC_FLUSH });
    case 'zstd':
      return there(zstd).createZstdCompress({
        ...zstdOptions(level),
        flush: there(zstd).constants.ZSTD_e_flush,
      });
  }
}

/**
 * Quality 4: 5 finds more and takes half as long again. Of a stream whose end nobody knows the window is 256 KiB in place of 4 MiB: it stays in memory as long as
 * the stream lives, and there may be thousands.
 */
function brotliOptions({ br = 4 }: Levels, length?: number): zlib.BrotliOptions {
  const size =
    length === undefined
      ? { [constants.BROTLI_PARAM_LGWIN]: 18 }
      : { [constants.BROTLI_PARAM_SIZE_HINT]: length };
  return { params: { [constants.BROTLI_PARAM_QUALITY]: br, ...size } };
}

function gzipOptions({ gzip: level = 6 }: Levels): zlib.ZlibOptions {
  return { level };
}

function zstdOptions({ zstd: level = 3 }: Levels): ZstdOptions {
  return { params: { [there(zstd).constants.ZSTD_c_compressionLevel]: level } };
}

function there<T>(part: T | undefined): T {
  if (part === undefined) throw new TypeError('zstd is of Node 22.15');
  return part;
}
