import { lstat, opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isHiddenName } from './dotfiles.ts';
import { isOfTheFile, openDirectory, resolveInside, type FilePath } from './open-file.ts';
import type { Settings } from './options.ts';
import { encodeName, isServable, placeIn, utf8Of, type Place } from './request-path.ts';

/** A name in a directory that a request for it would be answered with. */
export interface Entry {
  /** As text: where it is no UTF-8, with U+FFFD for what is none. */
  readonly name: string;
  /** For a link in a page of the directory. A directory's has its slash. */
  readonly href: string;
  readonly isDirectory: boolean;
  readonly size: number;
  readonly modifiedMs: number;
}

export interface Directory {
  readonly entries: Entry[];
  /** There are more names than were read. */
  readonly isCut: boolean;
}

/** Looks at once: as many as there are threads for it. */
const maxAtOnce = 4;

/** What is in a directory, in no order: files and directories that may be served, and nothing else. `undefined` where it is none. */
export async function readDirectory(
  settings: Settings,
  place: Place,
  maxEntries: number,
  signal: AbortSignal | undefined,
): Promise<Directory | undefined> {
  let opened;
  try {
    opened = await openDirectory(settings, place);
    if (opened === undefined) return undefined;
    const { path } = opened;
    const { names, isCut } = await readNames(settings, place, path, maxEntries, signal);
    const entries: Entry[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      for (let name; (name = names[next++]) !== undefined;) {
        signal?.throwIfAborted();
        const entry = await lookAt(settings, place, path, name);
        if (entry !== undefined) entries.push(entry);
      }
    };
    // All of them, before the directory is closed.
    const ends = await Promise.allSettled(Array.from({ length: maxAtOnce }, work));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return { entries, isCut };
  } catch (error) {
    if (isOfTheFile(error)) return undefined;
    throw error;
  } finally {
    await opened?.file.close();
  }
}

interface Name {
  readonly bytes: Buffer;
  /** `undefined` where it is no UTF-8. */
  readonly text: string | undefined;
  readonly isLink: boolean;
}

async function readNames(
  settings: Settings,
  { names: above }: Place,
  path: FilePath,
  maxEntries: number,
  signal: AbortSignal | undefined,
): Promise<{ names: Name[]; isCut: boolean }> {
  const names: Name[] = [];
  // Names as bytes: text would have lost those that are no UTF-8. The types do not know of it.
  const directory = await opendir(path, { encoding: 'buffer' as BufferEncoding, bufferSize: 256 });
  for await (const entry of directory) {
    signal?.throwIfAborted();
    const bytes = entry.name as unknown as Buffer;
    const text = utf8Of(bytes);
    const name = text ?? bytes.toString('latin1');
    if (!isServable(name) || (settings.dotfiles !== 'serve' && isHiddenName(name, above.length))) continue;
    const isLink = entry.isSymbolicLink();
    if (!isLink && !entry.isFile() && !entry.isDirectory()) continue;
    // The directory is closed with the loop.
    if (names.length === maxEntries) return { names, isCut: true };
    names.push({ bytes, text, isLink });
  }
  return { names, isCut: false };
}

async function lookAt(
  settings: Settings,
  place: Place,
  directory: FilePath,
  { bytes, text, isLink }: Name,
): Promise<Entry | undefined> {
  try {
    const path = isLink
      ? await resolveInside(settings, placeIn(place, text ?? bytes))
      : typeof directory === 'string' && text !== undefined
        ? join(directory, text)
        : Buffer.concat([Buffer.from(directory), Buffer.from('/'), bytes]);
    if (path === undefined) return undefined;
    const stats = await (isLink ? stat(path) : lstat(path));
    const isDirectory = stats.isDirectory();
    if (!isDirectory && !stats.isFile()) return undefined;
    return {
      name: text ?? bytes.toString('utf8'),
      href: `${encodeName(text ?? bytes)}${isDirectory ? '/' : ''}`,
      isDirectory,
      size: stats.size,
      modifiedMs: stats.mtimeMs,
    };
  } catch (error) {
    // Gone meanwhile, or a link that leads nowhere.
    if (isOfTheFile(error)) return undefined;
    throw error;
  }
}
