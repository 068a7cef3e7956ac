import { constants, existsSync, type Stats } from 'node:fs';
import { open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Settings } from './options.ts';
import type { Place } from './request-path.ts';

/** Text, or bytes where a name is no UTF-8. */
export type FilePath = string | Buffer;

/** A file that is open, with what was found at its descriptor. */
export interface OpenFile {
  readonly file: FileHandle;
  readonly stats: Stats;
  /** As it was asked for: links may be in it. */
  readonly path: FilePath;
  /** Without links. */
  readonly real: FilePath;
  /** Just before it was looked at. */
  readonly lookedAt: number;
}

/**
 * Opens what is at a place under the root. `undefined` where nothing is that may be served: what leads out of the root, is no regular file, or
 * cannot be read is like what is not there.
 *
 * Opened first and looked at then, so that what is sent is what was checked. `O_NONBLOCK`: a FIFO without a writer is no reason to wait.
 * `O_NOFOLLOW`: what was a file when its links were resolved is not a link when it is opened. A directory on the way could still become
 * one in between; where the kernel tells what a descriptor is of, it is asked.
 *
 * @throws the system's error where it says something of the server and not of the file: too many open files, a disk that fails.
 */
export async function openInside(
  settings: Pick<Settings, 'root' | 'symlinks'>,
  place: Place,
): Promise<OpenFile | 'directory' | undefined> {
  try {
    for (let attempt = 0; attempt < 2; attempt++) {
      const found = await tryOpen(settings, place);
      if (found !== 'moved') return found;
    }
    return undefined;
  } catch (error) {
    if (isOfTheFile(error)) return undefined;
    throw error;
  }
}

/** A directory that is open, and a path to it that nobody can change meanwhile, where the kernel has such paths. */
export interface OpenDirectory {
  readonly file: FileHandle;
  readonly path: FilePath;
}

/** Opens a directory under the root, to be read. `undefined` where there is none that may be. */
export async function openDirectory(
  settings: Pick<Settings, 'root' | 'symlinks'>,
  place: Place,
): Promise<OpenDirectory | undefined> {
  const real = await resolveInside(settings, place);
  if (real === undefined) return undefined;
  const file = await open(real, openFlags);
  try {
    const isHere = (await file.stat()).isDirectory() && !(await wasMoved(file, real));
    const held = descriptorPath(file);
    if (isHere) return { file, path: existsSync(`${held}/.`) ? held : real };
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

/** Opens a path without links, if it is a regular file. */
export async function openReal(
  real: FilePath,
): Promise<Pick<OpenFile, 'file' | 'stats' | 'lookedAt'> | 'directory' | undefined> {
  const lookedAt = Date.now();
  const file = await open(real, openFlags);
  let stats;
  try {
    stats = await file.stat();
    if (stats.isFile()) return { file, stats, lookedAt };
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return stats.isDirectory() ? 'directory' : undefined;
}

/** Where a place is, links unresolved. */
export function pathOf(root: string, { names, bytes }: Place): FilePath {
  return bytes === undefined ? join(root, ...names) : Buffer.concat([Buffer.from(join(root, sep)), bytes]);
}

/** The real path of a path, if it may be served. */
export async function resolveInside(
  { root, symlinks }: Pick<Settings, 'root' | 'symlinks'>,
  place: Place,
): Promise<FilePath | undefined> {
  const base = await realpath(root);
  const path = pathOf(base, place);
  const real = typeof path === 'string' ? await realpath(path) : await realpath(path, { encoding: 'buffer' });
  if (symlinks === 'follow') return real;
  if (symlinks === 'deny') return octets(real) === octets(path) ? real : undefined;
  return isUnder(base, real) ? real : undefined;
}

/** An error that says something of the file, not of the server. */
export function isOfTheFile(error: unknown): boolean {
  return error instanceof Error && 'code' in error && 'syscall' in error && !serverTroubles.has(error.code);
}

const openFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** Answered 500 and told to `onError`: a cache may keep a 404. */
const serverTroubles: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EIO']);

async function tryOpen(
  settings: Pick<Settings, 'root' | 'symlinks'>,
  place: Place,
): Promise<OpenFile | 'directory' | 'moved' | undefined> {
  const real = await resolveInside(settings, place);
  const found = real === undefined ? undefined : await openReal(real);
  if (real === undefined || found === undefined || found === 'directory')
    return found as 'directory' | undefined;
  try {
    if (settings.symlinks !== 'follow' && (await wasMoved(found.file, real))) {
      await found.file.close();
      return 'moved';
    }
  } catch (error) {
    await found.file.close();
    throw error;
  }
  return { ...found, real, path: pathOf(settings.root, place) };
}

/** Whether the descriptor is of something else than what is at the path: a directory on the way has become a link meanwhile. */
async function wasMoved(file: FileHandle, real: FilePath): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  let opened;
  try {
    opened = await readlink(descriptorPath(file), { encoding: 'buffer' });
  } catch {
    // A world without /proc.
    return false;
  }
  const [is, was] = [octets(opened), octets(real)];
  // A file that another has taken the place of meanwhile, as editors save, is still the one that was there.
  return is !== was && is !== `${was} (deleted)`;
}

/** On Linux: a link to what the descriptor is of, whatever has become of its path. */
function descriptorPath({ fd }: FileHandle): string {
  return `/proc/self/fd/${String(fd)}`;
}

function isUnder(base: string, path: FilePath): boolean {
  const [inside, all] = [octets(base), octets(path)];
  return all === inside || all.startsWith(inside.endsWith(sep) ? inside : inside + sep);
}

/** A path as text of one character a byte, to compare. */
function octets(path: FilePath): string {
  return (typeof path === 'string' ? Buffer.from(path) : path).toString('latin1');
}
