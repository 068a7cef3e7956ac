import { decodePath, type Environ } from '../../environ.ts';

/** The request target as a program of Node gets it. */
export interface NodeTarget {
  /** The path behind where it is mounted, with the query. */
  readonly url: string;
  /** Where it is mounted, escaped; empty at the root. */
  readonly baseUrl: string;
  /** Both. */
  readonly originalUrl: string;
}

/** As the client has escaped it, where the environ still says the same. */
export function nodeTarget(environ: Environ): NodeTarget {
  const { REQUEST_URI, SCRIPT_NAME, PATH_INFO, QUERY_STRING } = environ;
  const query = QUERY_STRING === '' ? '' : `?${QUERY_STRING}`;
  if (PATH_INFO === '*') return { url: '*', baseUrl: '', originalUrl: '*' };
  const raw = pathOf(REQUEST_URI);
  const at = mountEnd(raw, SCRIPT_NAME);
  const isSame = at >= 0 && decodePath(raw.slice(at)) === PATH_INFO;
  const baseUrl = isSame ? raw.slice(0, at) : escaped(SCRIPT_NAME);
  const path = isSame ? raw.slice(at) : escaped(PATH_INFO);
  // Programs expect a path: that of the mount point itself is its root.
  const url = (path.startsWith('/') ? path : `/${path}`) + query;
  return { url, baseUrl, originalUrl: baseUrl + (path === '' ? '' : path) + query || url };
}

/** Without the query, and without scheme and authority of a target in absolute form. */
function pathOf(target: string): string {
  const [path = ''] = target.split('?', 1);
  if (path.startsWith('/')) return path;
  const authorityAt = path.indexOf('//') + 2;
  const at = authorityAt === 1 ? -1 : path.indexOf('/', authorityAt);
  return at < 0 ? '/' : path.slice(at);
}

/** Where `script` ends in a path that may be escaped; -1 where it does not begin with it. */
function mountEnd(raw: string, script: string): number {
  if (raw.startsWith(script)) return script.length;
  let at = 0;
  for (let segments = script.split('/').length - 1; segments > 0; segments--) {
    const next = raw.indexOf('/', at + 1);
    at = next < 0 ? raw.length : next;
  }
  return decodePath(raw.slice(0, at)) === script ? at : -1;
}

function escaped(path: string): string {
  return encodeURI(path.replace(/\p{Surrogate}/gu, '\ufffd')).replace(/[?#]/g, encodeURIComponent);
}
