import { open, rename, stat, utimes, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { HeaderList } from '@wirestack/http';
import type { ClientResponse } from '@wirestack/http/client';
import { formatHttpDate, parseContentRange, parseHttpDate } from '@wirestack/http/fields';
import { flagOf, textOf, UsageError, type Arguments } from '../command-line.ts';
import type { Context, Output } from '../context.ts';
import { shown } from '../messages.ts';
import type { ProgressBar } from './progress-bar.ts';

/**
 * Where the body of an answer goes: standard output, or a file. A file is written beside its name and takes that when it is complete; what was cut short
 * stays as `FILE.part`, with the time of the representation as its own. That is what `--continue` asks about by If-Range (RFC 9110 13.1.5): a server whose
 * file has changed sends all of it.
 */
export class Destination {
  readonly #path: string | undefined;
  readonly #mayResume: boolean;
  /** What is there of it already. */
  readonly #had: number;
  readonly #since: Date | undefined;
  #hasPart = false;

  readonly #stdout: Output;

  private constructor(
    path: string | undefined,
    stdout: Output,
    mayResume: boolean,
    had: number,
    since: Date | undefined,
  ) {
    this.#stdout = stdout;
    this.#path = path;
    this.#mayResume = mayResume;
    this.#had = had;
    this.#since = since;
  }

  /** @throws UsageError */
  static async from(given: Arguments, url: string, { stdout }: Context): Promise<Destination> {
    const [output, isNamed] = [textOf(given, 'output'), flagOf(given, 'remote-name')];
    if (output !== undefined && isNamed) throw new UsageError('--output and --remote-name are two files');
    const path = isNamed ? remoteName(url) : output === '-' ? undefined : output;
    const mayResume = flagOf(given, 'continue');
    if (mayResume && path === undefined) throw new UsageError('--continue wants --output or --remote-name');
    const part =
      mayResume && path !== undefined ? await stat(partOf(path)).catch(() => undefined) : undefined;
    return new Destination(path, stdout, mayResume, part?.isFile() === true ? part.size : 0, part?.mtime);
  }

  /** Standard error is free for progress: the body is not on the same terminal. */
  get isApart(): boolean {
    return this.#path !== undefined || this.#stdout.isTTY !== true;
  }

  /** What asks for the rest. */
  get resumeFields(): HeaderList {
    if (!this.#mayResume || this.#had === 0 || this.#since === undefined) return [];
    return [
      ['Range', `bytes=${String(this.#had)}-`],
      ['If-Range', formatHttpDate(this.#since)],
      // Of another coding the bytes would be others.
      ['Accept-Encoding', 'identity'],
    ];
  }

  /** Writes the body where it goes, and answers how many bytes it had. */
  async take(response: ClientResponse, bar: ProgressBar): Promise<number> {
    const path = this.#path;
    if (path === undefined) return toOutput(this.#stdout, response);
    const part = partOf(path);
    if (response.status === 416 && this.#isWhole(response)) {
      await response.body.discard();
      await rename(part, path);
      return 0;
    }
    // What is wrong is not what was asked for: it must not take the place of a file.
    if (response.status >= 400) return toOutput(this.#stdout, response);
    const start = this.#startOf(response);
    if (response.status === 206 && start !== this.#had)
      throw new Error('the server sent another part than was asked for');
    bar.offset = start;
    const file = await open(part, start > 0 ? 'r+' : 'w');
    this.#hasPart = true;
    let bytes = 0;
    try {
      await file.truncate(start);
      for await (const chunk of response.body) {
        await writeAll(file, chunk, start + bytes);
        bytes += chunk.length;
      }
    } finally {
      await file.close();
      await this.#setTime(part, response);
    }
    await rename(part, path);
    this.#hasPart = false;
    return bytes;
  }

  /** What to say of a download that was cut short. */
  async interrupted(): Promise<string> {
    if (this.#path === undefined || !this.#hasPart) return '';
    const { size } = await stat(partOf(this.#path));
    return `${partOf(this.#path)} has ${String(size)} bytes of it: --continue goes on from there.\n`;
  }

  #startOf(response: ClientResponse): number {
    if (response.status !== 206) return 0;
    const range = parseContentRange(response.headers.get('content-range') ?? '');
    return range !== undefined && 'start' in range ? range.start : -1;
  }

  /** There is nothing behind what is there. */
  #isWhole(response: ClientResponse): boolean {
    const range = parseContentRange(response.headers.get('content-range') ?? '');
    return range !== undefined && this.#had > 0 && range.size === this.#had;
  }

  async #setTime(part: string, response: ClientResponse): Promise<void> {
    const modified = parseHttpDate(response.headers.get('last-modified') ?? '');
    if (modified !== undefined) await utimes(part, modified, modified);
  }
}

function partOf(path: string): string {
  return `${path}.part`;
}

/** The last name of the path, made harmless: no separator can be in it, and no dot in front. @throws UsageError */
function remoteName(url: string): string {
  const { pathname } = new URL(url);
  let name = pathname.slice(pathname.lastIndexOf('/') + 1);
  try {
    name = decodeURIComponent(name);
  } catch {
    // As it stands, then.
  }
  const safe = basename(shown(name).replace(/[/\\]/g, '_')).replace(/^\.+/, '');
  if (safe === '') throw new UsageError('the URL ends without a name: say --output FILE');
  return safe;
}

async function toOutput(stdout: Output, response: ClientResponse): Promise<number> {
  let bytes = 0;
  const isTerminal = stdout.isTTY === true;
  for await (const chunk of response.body) {
    if (isTerminal && bytes === 0 && chunk.includes(0)) {
      throw new UsageError('the body is no text: say --output FILE, or pipe it on');
    }
    bytes += chunk.length;
    if (!stdout.write(chunk))
      await new Promise<void>((resolve) => {
        stdout.once('drain', resolve);
      });
  }
  return bytes;
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
