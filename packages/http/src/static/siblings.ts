import { statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { identityOf, isSame, isSettled, type Identity } from './identity.ts';
import type { FilePath } from './open-file.ts';
import type { Settings } from './options.ts';
import { placeWith, type Place } from './request-path.ts';

/** Codings by the ending of the file that has them, the best first. */
const endings: readonly (readonly [coding: string, ending: string])[] = [
  ['br', '.br'],
  ['zstd', '.zst'],
  ['gzip', '.gz'],
];

/** The files beside a file that have it in other codings, `a.js.br` for `a.js`: which are there, by a look, and whether that is still so. */
export class Siblings {
  /** The best first. */
  readonly codings: readonly string[];
  readonly areSettled: boolean;
  readonly #path: FilePath;
  readonly #isOn: boolean;
  readonly #found: ReadonlyMap<string, Identity>;
  readonly #original: Identity;
  /** Of the directory, where it was long unchanged: then no name has come or gone since. */
  #directory: Identity | undefined;

  constructor({ precompressed }: Pick<Settings, 'precompressed'>, path: FilePath, original: Identity) {
    this.#path = path;
    this.#isOn = precompressed;
    this.#original = original;
    const now = Date.now();
    this.#directory = precompressed ? this.#lookAtDirectory(now) : undefined;
    this.#found = precompressed ? this.#look() : new Map();
    this.codings = Array.from(this.#found.keys());
    this.areSettled = Array.from(this.#found.values()).every((identity) => isSettled(identity, now));
  }

  has(coding: string): boolean {
    return this.#found.has(coding);
  }

  /** Whether what was opened is what was looked at. */
  isOf(coding: string, identity: Identity): boolean {
    const found = this.#found.get(coding);
    return found !== undefined && isSame(found, identity);
  }

  placeOf(coding: string, place: Place): Place {
    return placeWith(place, endings.find(([name]) => name === coding)?.[1] ?? '');
  }

  /** Whether the same ones are there, unchanged: one `stat()` where there are none. */
  areCurrent(): boolean {
    if (!this.#isOn) return true;
    const directory = this.#lookAtDirectory(Date.now());
    const isQuiet =
      directory !== undefined && this.#directory !== undefined && isSame(directory, this.#directory);
    if (isQuiet && this.#found.size === 0) return true;
    const now = this.#look();
    this.#directory = directory;
    return (
      now.size === this.#found.size &&
      Array.from(now).every(([coding, identity]) => this.isOf(coding, identity))
    );
  }

  #look(): Map<string, Identity> {
    const found = new Map<string, Identity>();
    for (const [coding, ending] of endings) {
      const stats = lookAt(withEnding(this.#path, ending));
      // One that is older was made of what the file was before.
      if (stats?.isFile() === true && stats.mtimeMs >= this.#original.mtimeMs)
        found.set(coding, identityOf(stats));
    }
    return found;
  }

  #lookAtDirectory(now: number): Identity | undefined {
    const stats = lookAt(typeof this.#path === 'string' ? dirname(this.#path) : parentOf(this.#path));
    const identity = stats && identityOf(stats);
    return identity && isSettled(identity, now) ? identity : undefined;
  }
}

function lookAt(path: FilePath): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function withEnding(path: FilePath, ending: string): FilePath {
  return typeof path === 'string' ? path + ending : Buffer.concat([path, Buffer.from(ending)]);
}

function parentOf(path: Buffer): Buffer {
  return path.subarray(0, path.lastIndexOf(0x2f));
}
