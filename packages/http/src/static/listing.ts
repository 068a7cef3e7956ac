import { negotiateMediaType } from '../fields/accept.ts';
import type { HeaderList } from '../headers.ts';
import type { HttpResponse } from '../server/response.ts';
import { readDirectory, type Directory, type Entry } from './directory.ts';
import { listingPage } from './listing-page.ts';
import { isoDate, type Order } from './listing-order.ts';
import { contentSecurityPolicy } from './listing-style.ts';
import type { Settings, StaticRequest } from './options.ts';
import { encodePath, type Place } from './request-path.ts';

/** What is in a directory, as a page or as JSON, whichever the request prefers; `undefined` where it is none. */
export async function answerListing(
  settings: Settings,
  request: StaticRequest,
  place: Place,
): Promise<HttpResponse | undefined> {
  const { maxEntries = 0 } = settings.listing ?? {};
  const { method, headers, query } = request;
  const directory = await readDirectory(settings, place, maxEntries, request.signal);
  if (directory === undefined) return undefined;
  const order = orderOf(query);
  sort(directory.entries, order);
  const top = `${(request.mount ?? '').replace(/^[/\\]+/, '/')}${settings.base}/`;
  const accept = headers.get('accept') ?? undefined;
  const isJson = negotiateMediaType(accept, ['text/html', 'application/json']) === 'application/json';
  const path = place.names.length === 0 ? top : `${top}${encodePath(place).slice(1)}/`;
  const body = isJson
    ? json(path, directory)
    : listingPage({ top: decoded(top), names: textsOf(place), directory, order });
  return {
    status: 200,
    headers: isJson ? jsonFields : pageFields,
    ...(method !== 'HEAD' && { body }),
  };
}

const sharedFields: HeaderList = [
  ['Cache-Control', 'no-cache'],
  ['Vary', 'Accept'],
  ['X-Content-Type-Options', 'nosniff'],
];
const jsonFields: HeaderList = [['Content-Type', 'application/json'], ...sharedFields];
const pageFields: HeaderList = [
  ['Content-Type', 'text/html; charset=utf-8'],
  ...sharedFields,
  ['Content-Security-Policy', contentSecurityPolicy],
];

/** The names for people. */
function textsOf({ names, bytes }: Place): readonly string[] {
  return bytes === undefined ? names : Buffer.from(bytes).toString('utf8').split('/');
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A query longer than this is none of ours. */
const maxQueryLength = 100;

function orderOf(query: string): Order {
  const given = new URLSearchParams(query.length > maxQueryLength ? '' : query);
  const sort = given.get('sort');
  const by = sort === 'size' || sort === 'date' ? sort : 'name';
  return { by, isDescending: given.get('order') === 'desc' };
}

/** File 10 behind file 9. */
const collator = new Intl.Collator('en', { numeric: true });

/** Directories first, whichever the order: they are the way on. */
function sort(entries: Entry[], { by, isDescending }: Order): void {
  const sign = isDescending ? -1 : 1;
  entries.sort((one, other) => {
    if (one.isDirectory !== other.isDirectory) return one.isDirectory ? -1 : 1;
    let difference = 0;
    if (by === 'size' && !one.isDirectory) difference = one.size - other.size;
    else if (by === 'date') difference = one.modifiedMs - other.modifiedMs;
    return sign * (difference || collator.compare(one.name, other.name));
  });
}

const rowsAtOnce = 128;

function* json(path: string, { entries, isCut }: Directory): Generator<string, void, undefined> {
  yield `{"path":${JSON.stringify(path)},"complete":${String(!isCut)},"entries":[`;
  for (let at = 0; at < entries.length; at += rowsAtOnce) {
    const rows = entries.slice(at, at + rowsAtOnce).map(({ name, href, isDirectory, size, modifiedMs }) =>
      JSON.stringify({
        name,
        href,
        type: isDirectory ? 'directory' : 'file',
        ...(!isDirectory && { size }),
        modified: isoDate(modifiedMs),
      }),
    );
    yield `${at === 0 ? '' : ','}\n${rows.join(',\n')}`;
  }
  yield '\n]}\n';
}
