import { constants, type BigIntStats } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Application, Body, StartResponse } from '../application.ts';
import type { Environ } from '../environ.ts';
import { FileWrapper } from '../file-wrapper.ts';
import { textResponse } from '../text-response.ts';
import { contentType } from './content-types.ts';

export interface StaticFilesOptions {
  /** Served for a directory. Default `index.html`. */
  readonly index?: string;
}

/**
 * Serves the regular files under `root` by GET and HEAD, with Last-Modified, ETag and their conditional requests. Whatever leads out of the
 * root, is hidden (a name with a leading dot), is no regular file, or cannot be read is 404, and says no more.
 *
 * @param root a directory; it need not exist yet.
 */
export function staticFiles(root: string, options: StaticFilesOptions = {}): Application {
  const { index = 'index.html' } = options;
  return async (environ, startResponse) => {
    const { REQUEST_METHOD: method } = environ;
    if (method !== 'GET' && method !== 'HEAD') {
      return textResponse(startResponse, '405 Method Not Allowed', [['Allow', 'GET, HEAD']]);
    }
    const segments = segmentsOf(environ.PATH_INFO);
    const found = segments && (await openUnder(root, segments, index));
    if (found === undefined) return textResponse(startResponse, '404 Not Found');
    if (found.isDirectoryIndex !== environ.PATH_INFO.endsWith('/')) {
      await found.file.close();
      // A file has no slash behind it: links in a page that it is would lead elsewhere.
      return found.isDirectoryIndex
        ? redirect(environ, startResponse)
        : textResponse(startResponse, '404 Not Found');
    }
    return respond(environ, startResponse, found);
  };
}

interface FoundFile {
  readonly file: FileHandle;
  readonly stat: BigIntStats;
  readonly path: string;
  readonly isDirectoryIndex: boolean;
}

/** The names of a decoded path, or `undefined` where one of them must not reach the file system. */
function segmentsOf(path: string): string[] | undefined {
  const segments = path.split('/').slice(path.startsWith('/') ? 1 : 0);
  if (segments.at(-1) === '') segments.pop();
  const isBad = (segment: string): boolean =>
    segment === '' || segment.startsWith('.') || /[\0\\]/.test(segment);
  return segments.some(isBad) ? undefined : segments;
}

async function openUnder(root: string, segments: string[], index: string): Promise<FoundFile | undefined> {
  try {
    const base = await realpath(root);
    const path = await realpath(join(base, ...segments));
    if (path !== base && !path.startsWith(base.endsWith(sep) ? base : base + sep)) return undefined;
    const found = await openFile(path);
    if (found === 'directory') {
      const indexPath = await realpath(join(path, index));
      if (!indexPath.startsWith(base + sep)) return undefined;
      const inside = await openFile(indexPath);
      return inside === undefined || inside === 'directory'
        ? undefined
        : { ...inside, isDirectoryIndex: true };
    }
    return found && { ...found, isDirectoryIndex: false };
  } catch (error) {
    if (isOfTheFile(error)) return undefined;
    throw error;
  }
}

/** Opened first and looked at then, so that what is sent is what was checked; a FIFO does not block, and a link is not followed again. */
async function openFile(
  path: string,
): Promise<Omit<FoundFile, 'isDirectoryIndex'> | 'directory' | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  const stat = await file.stat({ bigint: true }).catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
  if (stat.isFile()) return { file, stat, path };
  await file.close();
  return stat.isDirectory() ? 'directory' : undefined;
}

async function respond(environ: Environ, startResponse: StartResponse, found: FoundFile): Promise<Body> {
  const { file, stat, path } = found;
  // Weak: a file may change twice within its clock's resolution.
  const etag = `W/"${stat.size.toString(36)}-${stat.mtimeNs.toString(36)}"`;
  const headers = [
    ['Last-Modified', new Date(Number(stat.mtimeMs)).toUTCString()],
    ['ETag', etag],
    ['X-Content-Type-Options', 'nosniff'],
  ] as const;
  if (isUnchanged(environ, etag, stat)) {
    await file.close();
    startResponse('304 Not Modified', headers);
    return [];
  }
  const length = Number(stat.size);
  try {
    startResponse('200 OK', [
      ['Content-Type', contentType(path)],
      ['Content-Length', String(length)],
      ...headers,
    ]);
  } catch (error) {
    await file.close();
    throw error;
  }
  return new FileWrapper(file, length);
}

/** RFC 9110 13.2.2: If-None-Match decides where it is there, else If-Modified-Since. */
function isUnchanged(environ: Environ, etag: string, stat: BigIntStats): boolean {
  const { HTTP_IF_NONE_MATCH: noneMatch, HTTP_IF_MODIFIED_SINCE: since } = environ;
  if (noneMatch !== undefined) {
    const opaque = etag.slice(2);
    return noneMatch
      .split(',')
      .some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === opaque);
  }
  return since !== undefined && Math.floor(Number(stat.mtimeMs) / 1000) * 1000 <= Date.parse(since);
}

/** To the directory with its slash, on this host: a path that begins with two slashes would name another (CVE-2015-1164). */
function redirect(environ: Environ, startResponse: StartResponse): Body {
  const path = `${environ.SCRIPT_NAME}${environ.PATH_INFO}/`.replace(/^[/\\]+/, '/');
  const query = environ.QUERY_STRING === '' ? '' : `?${environ.QUERY_STRING}`;
  const location = path.split('/').map(encodeURIComponent).join('/') + query;
  return textResponse(startResponse, '301 Moved Permanently', [['Location', location]]);
}

/** An error that says something of the file, not of the server. */
function isOfTheFile(error: unknown): boolean {
  return error instanceof Error && 'code' in error && 'syscall' in error && !serverTroubles.has(error.code);
}

/** Answered 500 and told to `onError`: a cache may keep a 404. */
const serverTroubles: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EIO']);
