// @ts-check
// Seed 003: a resource as REST has it. The method says what to do, the class of the status what came of it: 2xx done, 3xx look elsewhere, 4xx your fault, 5xx mine.
// curl -i -H 'Content-Type: application/json' -d '{"title":"HTTP"}' http://127.0.0.1:8000/books
import { applicationUri, makeServer, textResponse } from '@wirestack/gateway';
import { conditionalGet } from '@wirestack/gateway/conditional-get';
import { errorPages } from '@wirestack/gateway/error-pages';
import { redirect } from '@wirestack/gateway/redirect';
import { router } from '@wirestack/gateway/router';
import { formatAddress } from '@wirestack/socket';

/** @typedef {{ title: string }} Book */
/** @type {Map<number, Book>} */
const books = new Map([[1, { title: 'TCP/IP Illustrated' }]]);
let lastId = 1;

const routes = router()
  .get('/books', (_environ, startResponse) =>
    json(
      startResponse,
      '200 OK',
      [...books].map(([id, book]) => ({ id, ...book })),
    ),
  )
  .post('/books', async (environ, startResponse) => {
    const book = await bookOf(environ);
    if (typeof book === 'string') return textResponse(startResponse, book);
    books.set(++lastId, book);
    const location = `${applicationUri(environ)}books/${lastId}`;
    return json(startResponse, '201 Created', { id: lastId, ...book }, [['Location', location]]);
  })
  .get('/books/{id:int}', (_environ, startResponse, { id }) => {
    const book = books.get(id);
    return book === undefined ? missing(startResponse) : json(startResponse, '200 OK', { id, ...book });
  })
  .put('/books/{id:int}', async (environ, startResponse, { id }) => {
    if (!books.has(id)) return missing(startResponse);
    const book = await bookOf(environ);
    if (typeof book === 'string') return textResponse(startResponse, book);
    books.set(id, book);
    return json(startResponse, '200 OK', { id, ...book });
  })
  .delete('/books/{id:int}', (_environ, startResponse, { id }) => {
    if (!books.delete(id)) return missing(startResponse);
    startResponse('204 No Content', []);
    return [];
  })
  .get('/library', redirect('/books', { status: 301 }))
  .get('/broken', () => {
    throw new Error('asked to');
  });

/**
 * What was sent, or the status that says why it is no book.
 *
 * @param {import('@wirestack/gateway').Environ} environ
 * @returns {Promise<Book | import('@wirestack/gateway').StatusText>}
 */
async function bookOf(environ) {
  if (!environ.CONTENT_TYPE?.startsWith('application/json')) return '415 Unsupported Media Type';
  const bytes = await environ['wsgi.input'].read(10_001);
  if (bytes.length > 10_000) return '413 Content Too Large';
  let value;
  try {
    value = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return '400 Bad Request';
  }
  return typeof value?.title === 'string' ? { title: value.title } : '422 Unprocessable Content';
}

const missing = (/** @type {import('@wirestack/gateway').StartResponse} */ startResponse) =>
  textResponse(startResponse, '404 Not Found');

/**
 * @param {import('@wirestack/gateway').StartResponse} startResponse
 * @param {import('@wirestack/gateway').StatusText} status
 * @param {unknown} value
 * @param {[name: string, value: string][]} headers
 */
function json(startResponse, status, value, headers = []) {
  startResponse(status, [['Content-Type', 'application/json'], ...headers]);
  return [`${JSON.stringify(value)}\n`];
}

const httpd = await makeServer(process.argv[2] ?? '127.0.0.1:8000', errorPages()(conditionalGet()(routes)));
console.log('listening on', formatAddress(httpd.address));
