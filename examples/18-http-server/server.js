// @ts-check
// Seeds 001 and 003: `python3 -m http.server`. Serves a directory: files with their types, index.html, listings, HEAD, and 304 for who has
// the file already. node server.js 127.0.0.1:8000 DIRECTORY, then open http://127.0.0.1:8000/.
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { accessLog, createServer } from '@wirestack/http';
import { evaluatePreconditions, formatHttpDate } from '@wirestack/http/fields';
import { formatAddress } from '@wirestack/socket';

/** @typedef {import('@wirestack/http').HttpRequest} HttpRequest */
/** @typedef {import('@wirestack/http').HttpResponse} HttpResponse */

const [address = '127.0.0.1:8000', directory = '.'] = process.argv.slice(2);
const root = await realpath(directory);
/** @type {Record<string, string>} */
const types = {
  '.html': 'text/html; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

/** @type {[string, string][]} */
const plain = [['Content-Type', 'text/plain; charset=utf-8']];

const server = createServer(
  async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return { status: 405, headers: [['Allow', 'GET, HEAD']], body: 'Method Not Allowed\n' };
    }
    try {
      return await answer(request);
    } catch (error) {
      if (!isAbsent(error)) throw error;
      return { status: 404, headers: plain, body: 'Not Found\n' };
    }
  },
  { observe: accessLog() },
);
await server.listen(address);
console.log('listening on', formatAddress(server.address));

/**
 * @param {HttpRequest} request
 * @returns {Promise<HttpResponse>}
 */
async function answer(request) {
  // Where a link leads counts, not what it is called: nothing outside of the directory is served.
  const path = await realpath(join(root, decodeURIComponent(request.path)));
  if (path !== root && !path.startsWith(root + sep))
    return { status: 404, headers: plain, body: 'Not Found\n' };
  if (!(await stat(path)).isDirectory()) return await file(path, request);
  if (!request.path.endsWith('/'))
    return { status: 301, headers: [['Location', `./${basename(request.path)}/`]] };
  try {
    return await file(join(path, 'index.html'), request);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    return {
      status: 200,
      headers: [['Content-Type', types['.html'] ?? '']],
      body: await listing(path, request.path),
    };
  }
}

/**
 * @param {string} path
 * @param {HttpRequest} request
 * @returns {Promise<HttpResponse>}
 */
async function file(path, request) {
  const handle = await open(path);
  const found = await handle.stat();
  const headers = /** @type {[string, string][]} */ ([['Last-Modified', formatHttpDate(found.mtime)]]);
  const verdict = evaluatePreconditions(request.method, request.headers, { lastModified: found.mtime });
  if (!found.isFile() || verdict !== 'proceed') {
    await handle.close();
    return verdict === 'proceed'
      ? { status: 404, headers: plain, body: 'Not Found\n' }
      : { status: verdict, headers };
  }
  headers.push(['Content-Type', types[extname(path)] ?? 'application/octet-stream']);
  return { status: 200, headers, body: { file: handle, length: found.size } };
}

/**
 * @param {string} path
 * @param {string} shown
 */
async function listing(path, shown) {
  const entries = await readdir(path, { withFileTypes: true });
  const items = entries
    .map((entry) => entry.name + (entry.isDirectory() ? '/' : ''))
    .sort()
    .map(
      (name) =>
        `<li><a href="./${encodeURIComponent(name).replaceAll('%2F', '/')}">${escape(name)}</a></li>\n`,
    );
  const title = escape(`Directory listing for ${shown}`);
  return `<!doctype html>\n<title>${title}</title>\n<h1>${title}</h1>\n<ul>\n${items.join('')}</ul>\n`;
}

/** @param {string} path */
function basename(path) {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Not there, not a directory, a name too long or with a NUL, a link that leads to itself, or an escape that is none. @param {unknown} error */
function isAbsent(error) {
  if (error instanceof URIError) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES', 'ERR_INVALID_ARG_VALUE'].includes(code);
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
