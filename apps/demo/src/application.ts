import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  applicationUri,
  textResponse,
  type Application,
  type Body,
  type Environ,
  type StartResponse,
  type StatusText,
} from '@wirestack/gateway';
import { router } from '@wirestack/gateway/router';
import { evaluatePreconditions, formatEntityTag, parseMediaType } from '@wirestack/http/fields';
import { reasonPhrase } from '@wirestack/http/protocol';
import { FormError, formParts, parseQuery, readForm, type FormSource } from '@wirestack/http/forms';

/**
 * A whole application in one file, made of public entry points only: the same bytes come from it whatever serves it, our server, FastCGI, CGI, `node:http`,
 * Bun, Lambda. It keeps its notes in memory: under CGI, where each request is a process of its own, they are always those that it begins with.
 */
export function makeApplication(): Application {
  const notes = new Notes();
  return router()
    .get('/', showPage)
    .get('/json', showJson)
    .post('/form', answerForm)
    .post('/upload', answerUpload)
    .get('/notes', (environ, startResponse) => notes.list(environ, startResponse))
    .post('/notes', (environ, startResponse) => notes.create(environ, startResponse))
    .get('/notes/{id:int}', (_environ, startResponse, { id }) => notes.read(startResponse, id))
    .put('/notes/{id:int}', (environ, startResponse, { id }) => notes.replace(environ, startResponse, id))
    .delete('/notes/{id:int}', (_environ, startResponse, { id }) => notes.remove(startResponse, id))
    .get('/moved', moveNearby)
    .get('/moved/far', moveByUri)
    .get('/cookies', setCookies)
    .on(['GET', 'POST'], '/stream', streamLines)
    .get('/written', writeLines)
    .get('/bytes', sendBytes)
    .get('/nothing', sendNothing)
    .get('/tagged', sendTagged)
    .get('/fail', fail)
    .on(allMethods, '/seen', showSeen)
    .on(allMethods, '/seen/{rest:path}', showSeen);
}

const allMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** A page with its forms. */
const showPage: Application = ({ SCRIPT_NAME }, startResponse) => {
  startResponse('200 OK', htmlHeaders);
  const root = escapeHtml(SCRIPT_NAME);
  const links = ['json', 'notes', 'moved', 'cookies', 'stream', 'written', 'bytes', 'tagged', 'seen/a/b?c=d'];
  return [
    page(
      'A whole application',
      `<ul>${links.map((link) => `\n<li><a href="${root}/${link}">${link}</a>`).join('')}
</ul>
<form action="${root}/form" method="post">
<p><label>Name <input name="name"></label> <button>Send</button>
</form>
<form action="${root}/upload" method="post" enctype="multipart/form-data">
<p><label>Files <input name="file" type="file" multiple></label> <button>Upload</button>
</form>`,
    ),
  ];
};

const showJson: Application = (_environ, startResponse) =>
  sendJson(startResponse, '200 OK', { text: 'grüß dich, 世界', number: 1.5, list: [true, null, ''] });

/** Shows the form back, escaped. */
const answerForm: Application = async (environ, startResponse) => {
  try {
    const { fields } = await readForm(formSource(environ), { maxFormBytes: 65_536 });
    const rows = Array.from(fields, ([name, value]) => `\n<dt>${escapeHtml(name)}<dd>${escapeHtml(value)}`);
    startResponse('200 OK', htmlHeaders);
    return [page('A form', `<dl>${rows.join('')}\n</dl>`)];
  } catch (error) {
    return refuseForm(error, startResponse);
  }
};

/** Tells what each part of an upload is. Nothing is kept of it: files of any size pass through a hash. */
const answerUpload: Application = async (environ, startResponse) => {
  try {
    const parts = [];
    for await (const part of formParts(formSource(environ))) {
      // Not `crypto.subtle`: it hashes what is there as a whole.
      const hash = createHash('sha256');
      let size = 0;
      for await (const chunk of part.body) {
        hash.update(chunk);
        size += chunk.length;
      }
      const { name, filename = null, type } = part;
      parts.push({ name, filename, type, size, sha256: hash.digest('hex') });
    }
    return sendJson(startResponse, '200 OK', { parts });
  } catch (error) {
    return refuseForm(error, startResponse);
  }
};

function formSource(environ: Environ): FormSource {
  const { CONTENT_TYPE, CONTENT_LENGTH } = environ;
  const headers = new Map([
    ['content-type', CONTENT_TYPE],
    ['content-length', CONTENT_LENGTH],
    ['content-encoding', environ['HTTP_CONTENT_ENCODING']],
  ]);
  return { headers: { get: (name) => headers.get(name) }, body: environ['wsgi.input'] };
}

function refuseForm(error: unknown, startResponse: StartResponse): Body {
  if (!(error instanceof FormError)) throw error;
  return textResponse(startResponse, `${String(error.status)} ${reasonPhrase(error.status)}` as StatusText);
}

interface Note {
  readonly text: string;
  readonly tags: readonly string[];
}

/** A resource as REST has it: the method says what to do, the status what came of it. */
class Notes {
  readonly #notes = new Map<number, Note>([
    [1, { text: 'to read', tags: ['kept'] }],
    [2, { text: 'to replace', tags: [] }],
    [3, { text: 'to remove', tags: [] }],
    [4, { text: 'grüßen & <escape>', tags: ['kept', 'odd'] }],
  ]);
  #lastId = 4;

  /** `?tag=…`, more than once: only those with all of them. */
  list(environ: Environ, startResponse: StartResponse): Body {
    const tags = parseQuery(environ.QUERY_STRING).getAll('tag');
    const found = Array.from(this.#notes).filter(([, note]) => tags.every((tag) => note.tags.includes(tag)));
    return sendJson(startResponse, '200 OK', { notes: found.map(([id, note]) => ({ id, ...note })) });
  }

  async create(environ: Environ, startResponse: StartResponse): Promise<Body> {
    const note = await readNote(environ);
    if (typeof note === 'string') return textResponse(startResponse, note);
    // Kept small, for nobody else clears it.
    const [oldest] = this.#notes.keys();
    if (this.#notes.size >= maxNotes && oldest !== undefined) this.#notes.delete(oldest);
    const id = ++this.#lastId;
    this.#notes.set(id, note);
    const location = uriOf(environ, `/notes/${String(id)}`);
    return sendJson(startResponse, '201 Created', { id, ...note }, [['Location', location]]);
  }

  read(startResponse: StartResponse, id: number): Body {
    const note = this.#notes.get(id);
    if (note === undefined) return textResponse(startResponse, '404 Not Found');
    return sendJson(startResponse, '200 OK', { id, ...note });
  }

  /** The whole of it (RFC 9110 9.3.4). Only what is there is replaced: numbers are given out by `create`. */
  async replace(environ: Environ, startResponse: StartResponse, id: number): Promise<Body> {
    if (!this.#notes.has(id)) return textResponse(startResponse, '404 Not Found');
    const note = await readNote(environ);
    if (typeof note === 'string') return textResponse(startResponse, note);
    this.#notes.set(id, note);
    return sendJson(startResponse, '200 OK', { id, ...note });
  }

  remove(startResponse: StartResponse, id: number): Body {
    if (!this.#notes.delete(id)) return textResponse(startResponse, '404 Not Found');
    startResponse('204 No Content', []);
    return [];
  }
}

const maxNotes = 100;
const maxNoteBytes = 10_000;

/** The note of a request, or the status that says why there is none: what cannot be read is 400, what can and is none 422. */
async function readNote(environ: Environ): Promise<Note | StatusText> {
  if (parseMediaType(environ.CONTENT_TYPE ?? '')?.essence !== 'application/json') {
    return '415 Unsupported Media Type';
  }
  const bytes = await environ['wsgi.input'].read(maxNoteBytes + 1);
  if (bytes.length > maxNoteBytes) return '413 Content Too Large';
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return '400 Bad Request';
  }
  const { text, tags = [] } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const isNote =
    typeof text === 'string' && Array.isArray(tags) && tags.every((tag) => typeof tag === 'string');
  return isNote ? { text, tags: tags } : '422 Unprocessable Content';
}

const moveNearby: Application = ({ SCRIPT_NAME }, startResponse) =>
  textResponse(startResponse, '302 Found', [['Location', `${encodeURI(SCRIPT_NAME)}/json`]]);

const moveByUri: Application = (environ, startResponse) =>
  textResponse(startResponse, '303 See Other', [['Location', uriOf(environ, '/json?from=far')]]);

/** Of a place in the application. */
function uriOf(environ: Environ, path: string): string {
  return applicationUri(environ).replace(/\/$/, '') + path;
}

/** Two fields of one name, in order, which must not become one. */
const setCookies: Application = (environ, startResponse) => {
  startResponse('200 OK', [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Set-Cookie', 'first=1; Path=/; HttpOnly'],
    ['Set-Cookie', 'second=a%2Cb; Path=/; Max-Age=60; SameSite=Lax'],
    ['Vary', 'Cookie'],
  ]);
  return [`${environ['HTTP_COOKIE'] ?? 'no cookie'}\n`];
};

/** A body that comes into being while it is sent. */
const streamLines: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']]);
  return (async function* () {
    for (let line = 1; line <= 5; line++) {
      await nextTurn();
      yield line % 2 === 1 ? `line ${String(line)}: ü\n` : Buffer.from(`line ${String(line)}: bytes\n`);
    }
  })();
};

/** PEP 3333's `write()`, and a body behind it. */
const writeLines: Application = async (_environ, startResponse) => {
  const write = startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']]);
  await write('written\n');
  await write(Buffer.from('and again\n'));
  return ['returned\n'];
};

const sendBytes: Application = (_environ, startResponse) => {
  startResponse('200 OK', [
    ['Content-Type', 'application/octet-stream'],
    ['Content-Disposition', 'attachment; filename="bytes.bin"'],
    ['Content-Length', String(manyBytes.length)],
  ]);
  return [manyBytes];
};

/** Each octet in every place, and no end of a line where a text would have it. */
const manyBytes = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 7 + (at >> 8)) & 0xff);

const sendNothing: Application = (_environ, startResponse) => {
  startResponse('204 No Content', [['X-Nothing', 'said']]);
  return [];
};

/** The same text for everybody: whoever has it already is told so, and sent nothing (RFC 9110 13.1.2). */
const sendTagged: Application = (environ, startResponse) => {
  const fields = {
    get: (name: string) => environ[environNames[name] ?? ''] as string | undefined,
  };
  const outcome = evaluatePreconditions(environ.REQUEST_METHOD, fields, { etag });
  const validators = [
    ['ETag', formatEntityTag(etag)],
    ['Cache-Control', 'no-cache'],
  ] as const;
  if (outcome === 412) return textResponse(startResponse, '412 Precondition Failed');
  if (outcome === 304) {
    startResponse('304 Not Modified', validators);
    return [];
  }
  startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8'], ...validators]);
  return ['tagged\n'];
};

const etag = { tag: 'v1', weak: false };

const environNames: Readonly<Record<string, string>> = {
  'if-match': 'HTTP_IF_MATCH',
  'if-none-match': 'HTTP_IF_NONE_MATCH',
};

const fail: Application = () => {
  throw new Error('asked to');
};

/** What an application sees of a request, as far as every server can tell it alike. */
const showSeen: Application = async (environ, startResponse) => {
  const bytes = await environ['wsgi.input'].read();
  const { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING, CONTENT_TYPE = null } = environ;
  const fields = Object.fromEntries(shownFields.map((name) => [name, environ[name] ?? null]));
  const query = Array.from(parseQuery(QUERY_STRING));
  const body = { bytes: bytes.length, latin1: Buffer.from(bytes).toString('latin1') };
  const seen = { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING, CONTENT_TYPE, ...fields, query, body };
  return sendJson(startResponse, '200 OK', seen);
};

const shownFields = ['HTTP_ACCEPT', 'HTTP_COOKIE', 'HTTP_HOST', 'HTTP_USER_AGENT', 'HTTP_X_TAG'];

function sendJson(
  startResponse: StartResponse,
  status: StatusText,
  value: unknown,
  headers: readonly (readonly [name: string, value: string])[] = [],
): Body {
  startResponse(status, [['Content-Type', 'application/json'], ...headers]);
  return [`${JSON.stringify(value, null, 2)}\n`];
}

/** The policy is a second line behind escaping: no script runs here. */
const htmlHeaders = [
  ['Content-Type', 'text/html; charset=utf-8'],
  ['Content-Security-Policy', "default-src 'none'; form-action 'self'; base-uri 'none'"],
  ['X-Content-Type-Options', 'nosniff'],
] as const;

/** `content` is markup. */
function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${title}</title>
<h1>${title}</h1>
${content}
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}

export const application: Application = makeApplication();
