import type { FileHandle } from 'node:fs/promises';
import type { HttpResponse } from '../server/response.ts';
import { AnswerCache } from './answer-cache.ts';
import { Compressor } from './compressor.ts';
import { isHiddenName } from './dotfiles.ts';
import { acceptsPage } from './fallback.ts';
import { find } from './find-file.ts';
import { HeldBytes } from './held-bytes.ts';
import { identityOf, isSame } from './identity.ts';
import { answerListing } from './listing.ts';
import { isOfTheFile, openInside, openReal } from './open-file.ts';
import {
  settingsFrom,
  type Settings,
  type StaticHandler,
  type StaticOptions,
  type StaticRequest,
} from './options.ts';
import { methodNotAllowed, optionsAnswer, plainAnswer } from './plain-answers.ts';
import { isPlanned, planFor, type Plan } from './plan.ts';
import { hashedBytes, type Representation } from './representation.ts';
import { encodePath, readPath, type Place, type RequestPath } from './request-path.ts';
import { send } from './send.ts';
import { StoredFile, type FoundFile, type Means } from './stored-file.ts';
import { Turns } from './turns.ts';

/**
 * Serves the files under `root` by GET and HEAD, with conditions, ranges and codings; OPTIONS tells so, all else is 405. What leads out of the
 * root, is hidden, is no regular file or cannot be read is 404 and says no more.
 *
 * ```ts
 * const server = createServer(staticFiles('public', { compress: true, listing: true }));
 * ```
 *
 * Short files are answered from memory and without a promise, after a look whether the file is still the one that was read.
 *
 * @param root a directory. It need not exist yet, and may be a link that is swapped when a new version is put in its place.
 * @returns a handler that rejects with the system's error where the server is in trouble: `EMFILE`, `ENFILE`, `ENOMEM`, `EIO`. Servers answer
 *   500 and tell `onError`.
 * @throws HttpUsageError `BAD_OPTION`
 */
export function staticFiles(root: string, options: StaticOptions = {}): StaticHandler {
  const site = new Site(settingsFrom(root, options));
  return (request) => site.answer(request);
}

/** A file that changes whenever it is opened is sent as it is by then. */
const maxAttempts = 3;
/** Read at the same time: each is thousands of looks, where there are thousands of names. */
const maxListings = 4;

class Site {
  readonly #settings: Settings;
  readonly #cache: AnswerCache;
  readonly #means: Means;
  readonly #listings = new Turns(maxListings);

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#cache = new AnswerCache(settings.cacheBytes);
    this.#means = { compressor: new Compressor(settings.compress), held: new HeldBytes(settings.cacheBytes) };
  }

  answer(request: StaticRequest): HttpResponse | Promise<HttpResponse> {
    const { method, path } = request;
    if (method !== 'GET' && method !== 'HEAD') return method === 'OPTIONS' ? optionsAnswer : methodNotAllowed;
    const known = this.#known(path, request);
    return known === undefined ? this.#find(request, 1) : this.#respond(request, known, undefined, 1);
  }

  /** What is in memory for a path, if it is still what is on the disk. */
  #known(path: string, { headers }: StaticRequest): StoredFile | undefined {
    const known = this.#cache.get(path);
    if (known === undefined) return undefined;
    const withCodings = (headers.get('accept-encoding') ?? undefined) !== undefined;
    if (known.isCurrent(withCodings)) return known;
    this.#cache.delete(path);
    return undefined;
  }

  async #find(request: StaticRequest, attempt: number): Promise<HttpResponse> {
    const settings = this.#settings;
    const path = this.#pathOf(request.path);
    if (path === 'bad') return plainAnswer(400);
    if (path === 'hidden') return this.#notFound(request);
    if (settings.dotfiles !== 'serve' && path.names.some(isHiddenName)) {
      return settings.dotfiles === 'deny' ? plainAnswer(403) : this.#notFound(request);
    }
    const found = await find(settings, path);
    if (found === 'slash') return this.#redirect(request, path);
    if (found === 'listing') {
      const listing = await this.#listings.take(() => answerListing(settings, request, path));
      return listing ?? this.#notFound(request);
    }
    if (found !== undefined) return this.#open(request, found, this.#keyOf(request.path, path), attempt);
    return (await this.#fallBack(request)) ?? this.#notFound(request);
  }

  #pathOf(path: string): RequestPath | 'bad' | 'hidden' {
    const { base } = this.#settings;
    if (base === '') return readPath(path);
    if (!path.startsWith(base)) return 'hidden';
    const rest = path.slice(base.length);
    return rest === '' || rest.startsWith('/') ? readPath(rest) : 'hidden';
  }

  /** Where a file is kept: under the one way to write its path, for there are many. */
  #keyOf(path: string, place: RequestPath): string | undefined {
    const canonical = `${this.#settings.base}${encodePath(place)}${place.isDirectory ? '/' : ''}`;
    return !path.includes('%') || path === canonical ? path : undefined;
  }

  async #open(
    request: StaticRequest,
    found: FoundFile,
    key: string | undefined,
    attempt: number,
  ): Promise<HttpResponse> {
    const { file } = found.opened;
    let stored;
    try {
      stored = await StoredFile.load(this.#settings, this.#means, found);
      if (key !== undefined && stored.isSettled) this.#cache.set(key, stored);
    } catch (error) {
      await file.close();
      throw error;
    }
    return this.#respond(request, stored, file, attempt);
  }

  /** @param file what `plain` was made of, if it is open: it is closed here, or handed on with the answer */
  #respond(
    request: StaticRequest,
    stored: StoredFile,
    file: FileHandle | undefined,
    attempt: number,
  ): HttpResponse | Promise<HttpResponse> {
    const acceptEncoding = request.headers.get('accept-encoding') ?? undefined;
    let representation;
    try {
      representation = attempt < maxAttempts ? stored.representationFor(acceptEncoding) : stored.plain;
      if (!(representation instanceof Promise))
        return this.#serve(request, stored, representation, file, attempt);
    } catch (error) {
      return failing(file, error);
    }
    return representation.then(
      (one) => this.#serve(request, stored, one, file, attempt),
      (error: unknown) => failing(file, error),
    );
  }

  #serve(
    request: StaticRequest,
    stored: StoredFile,
    representation: Representation | undefined,
    file: FileHandle | undefined,
    attempt: number,
  ): HttpResponse | Promise<HttpResponse> {
    if (representation === undefined) {
      return closing(file, plainAnswer(406, [['Vary', 'Accept-Encoding']]));
    }
    const { bytes } = representation;
    const plan = planFor(request, representation, this.#settings.maxRanges);
    if (isPlanned(plan)) return closing(file, plan);
    if (request.method === 'HEAD') return closing(file, representation.head);
    if (bytes !== undefined && this.#isFromMemory(representation, bytes, plan)) {
      return closing(file, send(representation, plan, bytes));
    }
    if (representation === stored.plain && file !== undefined) return send(representation, plan, file);
    return this.#sendAgain(request, representation, plan, file, attempt);
  }

  /** Parts of a long file come from the disk: they would hold all of it. */
  #isFromMemory({ real }: Representation, bytes: Uint8Array, plan: Plan): boolean {
    if (bytes.length <= hashedBytes || real === undefined) return true;
    return plan === 'whole' && this.#means.held.mayHold(bytes);
  }

  /** Opens what is known already. Where it has changed since the look, all begins anew. */
  async #sendAgain(
    request: StaticRequest,
    representation: Representation,
    plan: Exclude<Plan, HttpResponse>,
    file: FileHandle | undefined,
    attempt: number,
  ): Promise<HttpResponse> {
    await file?.close();
    const opened = await reopen(representation);
    if (opened !== undefined) return send(representation, plan, opened);
    this.#cache.delete(request.path);
    return this.#find(request, attempt + 1);
  }

  /** Of the file that stands for all pages of an application; `undefined` where the request is for no page. */
  async #fallBack(request: StaticRequest): Promise<HttpResponse | undefined> {
    const { fallback: names, base } = this.#settings;
    if (names === undefined || !acceptsPage(request.headers)) return undefined;
    const key = `${base}${encodePath({ names })}`;
    const known = this.#known(key, request);
    const response =
      known === undefined
        ? await this.#openFallback(request, { names }, key)
        : await this.#respond(request, known, undefined, maxAttempts - 1);
    return response && varied(response);
  }

  async #openFallback(request: StaticRequest, place: Place, key: string): Promise<HttpResponse | undefined> {
    const opened = await openInside(this.#settings, place);
    if (opened === undefined || opened === 'directory') return undefined;
    return this.#open(request, { opened, place, absent: [] }, key, 1);
  }

  async #notFound(request: StaticRequest): Promise<HttpResponse> {
    const { notFound, fallback } = this.#settings;
    if (notFound !== undefined) return notFound(request);
    const response = plainAnswer(404);
    return fallback === undefined ? response : varied(response);
  }

  /** To the directory with its slash, on this host: a path that begins with two slashes would name another (CVE-2015-1164). */
  #redirect({ mount = '', query }: StaticRequest, path: RequestPath): HttpResponse {
    const location = `${mount}${this.#settings.base}${encodePath(path)}/`.replace(/^[/\\]+/, '/');
    return plainAnswer(301, [['Location', query === '' ? location : `${location}?${query}`]]);
  }
}

/** What depends on whether a page is asked for. */
function varied(response: HttpResponse): HttpResponse {
  return { ...response, headers: [...(response.headers ?? []), ['Vary', 'Accept, Sec-Fetch-Mode']] };
}

async function reopen({ real, identity }: Representation): Promise<FileHandle | undefined> {
  if (real === undefined) return undefined;
  try {
    const opened = await openReal(real);
    if (opened === undefined || opened === 'directory') return undefined;
    if (isSame(identityOf(opened.stats), identity)) return opened.file;
    await opened.file.close();
    return undefined;
  } catch (error) {
    if (isOfTheFile(error)) return undefined;
    throw error;
  }
}

async function failing(file: FileHandle | undefined, error: unknown): Promise<never> {
  await file?.close();
  throw error;
}

/** An answer that needs no file any more. */
function closing<T extends HttpResponse>(
  file: FileHandle | undefined,
  answer: T | Promise<T>,
): T | Promise<T> {
  return file === undefined ? answer : file.close().then(() => answer);
}
