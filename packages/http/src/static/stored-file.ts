import { statSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { negotiateEncoding } from '../fields/accept.ts';
import type { Compressor } from './compressor.ts';
import { fileFields, type FileFields } from './file-fields.ts';
import type { HeldBytes } from './held-bytes.ts';
import { identityOf, isSame, isSettled, type Identity } from './identity.ts';
import { openInside, type FilePath, type OpenFile } from './open-file.ts';
import type { Settings } from './options.ts';
import { hashedBytes, represent, type Representation } from './representation.ts';
import type { Place } from './request-path.ts';
import { Siblings } from './siblings.ts';

/** One version of a file with all that is known of it: its own bytes and those in other codings, as far as they were asked for. */
export class StoredFile {
  readonly plain: Representation;
  /** Every later change will show: it may be kept. */
  readonly isSettled: boolean;
  /** For the cache. */
  wasUsed = false;
  /** For the cache: bytes of memory, about. */
  costBytes: number;
  /** For the cache: told when it has become larger. */
  onGrowth: ((bytes: number) => void) | undefined;
  readonly #settings: Settings;
  readonly #means: Means;
  readonly #place: Place;
  readonly #path: FilePath;
  /** What has to stay absent for this file to be the answer. */
  readonly #absent: readonly FilePath[];
  readonly #fields: FileFields;
  readonly #siblings: Siblings;
  readonly #encoded = new Map<string, Representation>();
  readonly #pending = new Map<string, Promise<Representation | undefined>>();
  /** The coding for an Accept-Encoding: browsers send a handful of them. */
  readonly #choices = new Map<string, string | undefined>();
  #checkedAt: number;

  private constructor(
    settings: Settings,
    means: Means,
    { opened, place, absent }: FoundFile,
    siblings: Siblings,
    bytes: Uint8Array | undefined,
  ) {
    const { stats, lookedAt, path, real } = opened;
    const identity = identityOf(stats);
    this.#settings = settings;
    this.#means = means;
    this.#place = place;
    this.#path = path;
    this.#absent = absent;
    this.#siblings = siblings;
    this.#checkedAt = lookedAt;
    this.#fields = fileFields(settings, `/${place.names.join('/')}`, siblings.codings.length > 0);
    const size = bytes?.length ?? identity.size;
    this.isSettled = size === identity.size && isSettled(identity, lookedAt) && siblings.areSettled;
    this.plain = represent({ ...this.#fields, identity, size, bytes, real, now: lookedAt, held: means.held });
    this.costBytes = overheadBytes + (bytes?.length ?? 0);
  }

  /** Reads what is short; the file stays open. */
  static async load(settings: Settings, means: Means, found: FoundFile): Promise<StoredFile> {
    const { file, stats, path } = found.opened;
    const siblings = new Siblings(settings, path, identityOf(stats));
    const bytes = isRead(settings, found.opened) ? await readUpTo(file, stats.size) : undefined;
    // Written to while it was read: neither the old version nor the new one.
    const isTorn = bytes !== undefined && !isSame(await file.stat(), identityOf(stats));
    const opened = isTorn ? { ...found.opened, lookedAt: stats.ctimeMs } : found.opened;
    return new StoredFile(settings, means, { ...found, opened }, siblings, bytes);
  }

  /**
   * Whether the file is the version that is known, by a look at the path it was asked for: one `stat()`, links followed, and one more
   * where another coding is in question.
   *
   * The same device, inode and time of change are the same bytes, wherever links lead meanwhile. What it does not see is a directory above that was
   * moved out of the root with the file in it, and a link put in its place: then the very bytes are sent that were sent before.
   */
  isCurrent(withCodings: boolean): boolean {
    const { revalidateMs } = this.#settings;
    if (revalidateMs > 0) {
      const now = Date.now();
      if (now - this.#checkedAt < revalidateMs) return true;
      this.#checkedAt = now;
    }
    try {
      const stats = statSync(this.#path, orUndefined);
      if (stats === undefined || !isSame(stats, this.plain.identity)) return false;
      for (const path of this.#absent) if (statSync(path, orUndefined) !== undefined) return false;
      return !withCodings || this.#siblings.areCurrent();
    } catch {
      // A loop of links, a directory that is closed now: the slow way tells.
      return false;
    }
  }

  /** In the coding that this Accept-Encoding asks for; `undefined` where it accepts none that there is. */
  representationFor(
    acceptEncoding: string | undefined,
  ): Representation | undefined | Promise<Representation | undefined> {
    if (acceptEncoding === undefined) return this.plain;
    const coding = this.#choose(acceptEncoding);
    if (coding === 'identity') return this.plain;
    return coding === undefined ? undefined : (this.#encoded.get(coding) ?? this.#encode(coding));
  }

  #choose(acceptEncoding: string): string | undefined {
    const known = this.#choices.get(acceptEncoding);
    if (known !== undefined || this.#choices.has(acceptEncoding)) return known;
    const { codings } = this.#siblings;
    let coding = negotiateEncoding(acceptEncoding, codings);
    if ((coding === undefined || coding === 'identity') && this.#mayCompress()) {
      coding = negotiateEncoding(acceptEncoding, compressedCodings);
    }
    if (this.#choices.size < maxChoices && acceptEncoding.length < maxChoiceLength) {
      this.#choices.set(acceptEncoding, coding);
    }
    return coding;
  }

  #mayCompress(): boolean {
    const { compress } = this.#settings;
    const { size } = this.plain;
    // What cannot be kept would be compressed for each request.
    return (
      compress !== undefined &&
      this.isSettled &&
      this.#fields.isCompressible &&
      size >= compress.minBytes &&
      size <= compress.maxBytes
    );
  }

  /** Once for all who ask meanwhile. The file as it is, where the other coding went wrong. */
  #encode(coding: string): Promise<Representation | undefined> {
    const pending = this.#pending.get(coding);
    if (pending !== undefined) return pending;
    const encoded = this.#siblings.has(coding) ? this.#loadSibling(coding) : this.#compress(coding);
    const settled = encoded
      .then((representation) => {
        if (representation === undefined) return this.plain;
        this.#encoded.set(coding, representation);
        const bytes = overheadBytes + (representation.bytes?.length ?? 0);
        this.costBytes += bytes;
        this.onGrowth?.(bytes);
        return representation;
      })
      .finally(() => this.#pending.delete(coding));
    this.#pending.set(coding, settled);
    return settled;
  }

  async #loadSibling(coding: string): Promise<Representation | undefined> {
    const opened = await openInside(this.#settings, this.#siblings.placeOf(coding, this.#place));
    if (opened === undefined || opened === 'directory') return undefined;
    const { file, stats, real, lookedAt } = opened;
    try {
      const identity = identityOf(stats);
      if (!this.#siblings.isOf(coding, identity)) return undefined;
      const { size } = identity;
      const bytes = isRead(this.#settings, opened) ? await readUpTo(file, size) : undefined;
      if (bytes !== undefined && bytes.length !== size) return undefined;
      const content = { identity, size, bytes, real, coding };
      return represent({ ...this.#fields, ...content, now: lookedAt, held: this.#means.held });
    } finally {
      await file.close();
    }
  }

  async #compress(coding: string): Promise<Representation | undefined> {
    const { identity } = this.plain;
    const plain = this.plain.bytes ?? (await this.#readAgain(identity));
    if (plain === undefined) return undefined;
    const { compressor, held } = this.#means;
    const bytes = await compressor.compress(coding, plain);
    const content = { identity, size: bytes.length, bytes, coding };
    return represent({ ...this.#fields, ...content, now: this.#checkedAt, held });
  }

  async #readAgain(identity: Identity): Promise<Uint8Array | undefined> {
    const opened = await openInside(this.#settings, this.#place);
    if (opened === undefined || opened === 'directory') return undefined;
    try {
      if (!isSame(identityOf(opened.stats), identity)) return undefined;
      const bytes = await readUpTo(opened.file, identity.size);
      return bytes.length === identity.size && isSame(identityOf(await opened.file.stat()), identity)
        ? bytes
        : undefined;
    } finally {
      await opened.file.close();
    }
  }
}

/** What all files of a site share. */
export interface Means {
  readonly compressor: Compressor;
  readonly held: HeldBytes;
}

/** A file that answers a request. */
export interface FoundFile {
  readonly opened: OpenFile;
  readonly place: Place;
  /** Paths that would have answered before it. */
  readonly absent: readonly FilePath[];
}

/** Names of the codings as they stand in Content-Encoding, best first. */
const compressedCodings = ['br', 'gzip'] as const;

/** Of the objects around the bytes, about. */
const overheadBytes = 3072;
const maxChoices = 32;
const maxChoiceLength = 256;
const orUndefined = { throwIfNoEntry: false } as const;

/** Whether to take the bytes into memory: a short file always, to tell by them whether it has changed, a longer one if they will be kept. */
function isRead({ cacheBytes, cacheFileBytes }: Settings, { stats, lookedAt }: OpenFile): boolean {
  if (stats.size <= hashedBytes) return true;
  return stats.size <= cacheFileBytes && stats.size <= cacheBytes / 4 && isSettled(stats, lookedAt);
}

/** The bytes from the beginning: fewer than `size` where the file has become shorter. */
async function readUpTo(file: FileHandle, size: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(buffer, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
