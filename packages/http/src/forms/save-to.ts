import type * as FileSystemModule from 'node:fs/promises';
import type { FileSink } from './file-sink.ts';
import type { Part } from './part.ts';

/** A file of a form on disk. */
export class SavedFile implements AsyncDisposable {
  /** Where it is. Move it (`rename`) to keep it: what is no longer there is not removed. */
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Removes the file, if it is still there. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { rm } = fileSystem();
    await rm(this.path, { force: true });
  }
}

/**
 * Saves files in `directory`, which has to exist: each by a random name that no client can choose or guess (192 bits), created exclusively
 * (`O_EXCL`: never over another file, never through a link), readable by this user only (0600). A file that does not come to its end is removed.
 * For node and what is like it.
 */
export function saveTo(directory: string): FileSink<SavedFile> {
  return async (part) => {
    const { open, rm } = fileSystem();
    const path = `${directory.replace(/\/+$/, '')}/${randomName()}`;
    const file = await open(path, 'wx', 0o600);
    try {
      await write(part, file);
      await file.close();
    } catch (error) {
      await file.close().catch(() => undefined);
      await rm(path, { force: true }).catch(() => undefined);
      throw error;
    }
    return new SavedFile(path);
  };
}

/** A chunk at a time: the next is asked for when the last is in the file. */
async function write(part: Part, file: Awaited<ReturnType<FileSystem['open']>>): Promise<void> {
  for await (const chunk of part.body) {
    for (let at = 0; at < chunk.length;) {
      const { bytesWritten } = await file.write(chunk, at, chunk.length - at);
      at += bytesWritten;
    }
  }
}

function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

type FileSystem = typeof FileSystemModule;

/** Asked for when it is needed: an `import` would keep all of this package's forms from browsers. */
function fileSystem(): FileSystem {
  return process.getBuiltinModule('node:fs/promises');
}
