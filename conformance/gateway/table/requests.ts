import { createHash } from 'node:crypto';
import { host, mountPoint, type Field, type TableRequest } from './table-request.ts';

const text = 'text/plain; charset=utf-8';
const html = 'text/html; charset=utf-8';
const json = { 'content-type': 'application/json' };
const get = { method: 'GET' };
const post = { method: 'POST' };

const boundary = 'the-boundary';
/** Every octet, also those that look like an end of a line or of a part. */
const octets = Uint8Array.from({ length: 200_000 }, (_, at) => (at * 31 + (at >> 8)) & 0xff);
const upload = Buffer.concat([
  Buffer.from(part('name="title"', 'Zoë')),
  Buffer.from(part('name="file"; filename="ü &.bin"', '', 'application/octet-stream').replace(/\r\n$/, '')),
  octets,
  Buffer.from(`\r\n--${boundary}--\r\n`),
]);
const uploadType: Field = ['Content-Type', `multipart/form-data; boundary=${boundary}`];
const sha256 = createHash('sha256').update(octets).digest('hex');
const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 7 + (at >> 8)) & 0xff);

const formType: Field = ['Content-Type', 'application/x-www-form-urlencoded'];
const jsonType: Field = ['Content-Type', 'application/json'];
const form = Buffer.from('name=%3Cb%3EZo%C3%AB%3C%2Fb%3E+%26&name=again&empty=');
const shownForm = /<dt>name<dd>&#60;b&#62;Zoë&#60;\/b&#62; &#38;\n<dt>name<dd>again\n<dt>empty<dd>\n/;

/**
 * Each is answered the same whatever was asked before: those that change a note have one of their own, and the list is of notes that nobody changes. Under CGI every
 * request has an application of its own.
 */
export const requests: readonly TableRequest[] = [
  {
    name: 'a page',
    ...get,
    path: '/',
    expected: { status: 200, headers: { 'content-type': html }, body: /action="\/cgi-bin\/app\/upload"/ },
  },
  {
    name: 'HEAD of a page',
    method: 'HEAD',
    path: '/',
    expected: { status: 200, headers: { 'content-type': html }, body: '' },
  },
  {
    name: 'JSON',
    ...get,
    path: '/json',
    expected: { status: 200, headers: json, body: /"grüß dich, 世界"/ },
  },
  { name: 'HEAD of JSON', method: 'HEAD', path: '/json', expected: { status: 200, headers: json, body: '' } },
  {
    name: 'a form, shown back',
    ...post,
    path: '/form',
    headers: [formType],
    body: form,
    expected: { status: 200, headers: { 'content-type': html }, body: shownForm },
  },
  {
    name: 'a form in chunks',
    ...post,
    path: '/form',
    headers: [formType],
    body: form,
    framing: 'chunked',
    expected: { status: 200, body: shownForm },
  },
  {
    name: 'a form that waits to be asked for',
    ...post,
    path: '/form',
    headers: [formType, ['Expect', '100-continue']],
    body: form,
    expected: { status: 200, body: shownForm },
  },
  {
    name: 'no form',
    ...post,
    path: '/form',
    headers: [jsonType],
    body: Buffer.from('{}'),
    expected: { status: 415, headers: { 'content-type': text }, body: '415 Unsupported Media Type\n' },
  },
  {
    name: 'an upload',
    ...post,
    path: '/upload',
    headers: [uploadType],
    body: upload,
    expected: {
      status: 200,
      headers: json,
      body: new RegExp(`"filename": "ü &\\.bin",[^}]*"size": 200000,\\s*"sha256": "${sha256}"`),
    },
  },
  {
    name: 'an upload in chunks',
    ...post,
    path: '/upload',
    headers: [uploadType],
    body: upload,
    framing: 'chunked',
    expected: { status: 200, body: new RegExp(sha256) },
  },
  {
    name: 'an upload that is cut off',
    ...post,
    path: '/upload',
    headers: [uploadType],
    body: upload.subarray(0, 1000),
    expected: { status: 400, body: '400 Bad Request\n' },
  },
  {
    name: 'a list of notes, by tags',
    ...get,
    path: '/notes?tag=kept&tag=odd',
    expected: { status: 200, headers: json, body: /^\{\s+"notes": \[\s+\{\s+"id": 4,[^}]*\}\s+\]\s+\}\n$/ },
  },
  { name: 'a note', ...get, path: '/notes/1', expected: { status: 200, headers: json, body: /"to read"/ } },
  {
    name: 'a new note',
    ...post,
    path: '/notes',
    headers: [jsonType],
    body: Buffer.from('{"text":"nächste"}'),
    expected: {
      status: 201,
      headers: { ...json, location: `http://${host}${mountPoint}/notes/5` },
      body: /"id": 5,\s+"text": "nächste"/,
    },
  },
  {
    name: 'a note that is replaced',
    method: 'PUT',
    path: '/notes/2',
    headers: [['Content-Type', 'application/json; charset=utf-8']],
    body: Buffer.from('{"text":"","tags":["a"]}'),
    expected: { status: 200, headers: json, body: /"id": 2,\s+"text": "",/ },
  },
  {
    name: 'a note that is removed',
    method: 'DELETE',
    path: '/notes/3',
    expected: { status: 204, headers: { 'content-type': undefined, 'content-length': undefined }, body: '' },
  },
  {
    name: 'a note that there is not',
    ...get,
    path: '/notes/99',
    expected: { status: 404, headers: { 'content-type': text }, body: '404 Not Found\n' },
  },
  {
    name: 'a method that a note has not',
    method: 'PATCH',
    path: '/notes/1',
    headers: [jsonType],
    body: Buffer.from('{}'),
    expected: { status: 405, headers: { allow: 'GET, HEAD, PUT, DELETE, OPTIONS' } },
  },
  {
    name: 'what a resource has, by OPTIONS',
    method: 'OPTIONS',
    path: '/notes',
    expected: { status: 204, headers: { allow: 'GET, HEAD, POST, OPTIONS' } },
  },
  {
    name: 'a note as text',
    ...post,
    path: '/notes',
    headers: [['Content-Type', 'text/plain']],
    body: Buffer.from('note'),
    expected: { status: 415 },
  },
  {
    name: 'a note that is no JSON',
    ...post,
    path: '/notes',
    headers: [jsonType],
    body: Buffer.from('{"text":'),
    expected: { status: 400 },
  },
  {
    name: 'JSON that is no note',
    ...post,
    path: '/notes',
    headers: [jsonType],
    body: Buffer.from('{"text":5}'),
    expected: { status: 422, headers: { 'content-type': text }, body: '422 Unprocessable Content\n' },
  },
  { name: 'a note without a body', ...post, path: '/notes', headers: [jsonType], expected: { status: 400 } },
  {
    name: 'a redirect to a path',
    ...get,
    path: '/moved',
    expected: { status: 302, headers: { location: `${mountPoint}/json` } },
  },
  {
    name: 'a redirect to a URL',
    ...get,
    path: '/moved/far',
    expected: { status: 303, headers: { location: `http://${host}${mountPoint}/json?from=far` } },
  },
  {
    name: 'a redirect to the path without its slash',
    ...get,
    path: '/notes/?a=b',
    expected: { status: 308, headers: { location: `${mountPoint}/notes?a=b` } },
  },
  {
    name: 'two cookies',
    ...get,
    path: '/cookies',
    headers: [['Cookie', 'a=b; c="d"']],
    expected: { status: 200, headers: { vary: 'Cookie' }, body: 'a=b; c="d"\n' },
  },
  {
    name: 'a body that comes over time',
    ...get,
    path: '/stream',
    expected: { status: 200, body: 'line 1: ü\nline 2: bytes\nline 3: ü\nline 4: bytes\nline 5: ü\n' },
  },
  {
    name: 'HEAD of it',
    method: 'HEAD',
    path: '/stream',
    expected: { status: 200, headers: { 'content-type': text }, body: '' },
  },
  {
    name: 'a body that is written',
    ...get,
    path: '/written',
    expected: { status: 200, body: 'written\nand again\nreturned\n' },
  },
  {
    name: 'a body that comes over time, for one that nobody reads',
    ...post,
    path: '/stream',
    body: octets,
    expected: { status: 200, body: /^line 1: ü\n[^]*line 5: ü\n$/ },
  },
  {
    name: 'a large body that nobody reads',
    ...post,
    path: '/missing',
    body: octets,
    expected: { status: 404, body: '404 Not Found\n' },
  },
  {
    name: '300,000 octets',
    ...get,
    path: '/bytes',
    expected: {
      status: 200,
      headers: { 'content-disposition': 'attachment; filename="bytes.bin"' },
      body: bytes,
    },
  },
  {
    name: 'HEAD of them',
    method: 'HEAD',
    path: '/bytes',
    expected: { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: '' },
  },
  {
    name: 'no content',
    ...get,
    path: '/nothing',
    expected: { status: 204, headers: { 'x-nothing': 'said', 'content-length': undefined }, body: '' },
  },
  {
    name: 'what has a tag',
    ...get,
    path: '/tagged',
    headers: [['If-None-Match', '"v0"']],
    expected: { status: 200, headers: { etag: '"v1"', 'cache-control': 'no-cache' }, body: 'tagged\n' },
  },
  {
    name: 'what is known already',
    ...get,
    path: '/tagged',
    headers: [['If-None-Match', '"v0", W/"v1"']],
    expected: { status: 304, headers: { etag: '"v1"', 'cache-control': 'no-cache' }, body: '' },
  },
  {
    name: 'an application that fails',
    ...get,
    path: '/fail',
    expected: { status: 500, body: /Internal Server Error\n$/ },
  },
  {
    name: 'a path that there is not',
    ...get,
    path: '/missing',
    expected: { status: 404, body: '404 Not Found\n' },
  },
  {
    name: 'a path in UTF-8, percent-encoded',
    ...get,
    path: '/seen/gr%C3%BC%C3%9Fe/%E4%B8%96%20%F0%9F%98%80/%25/a+b;c=d@e:f',
    expected: { status: 200, body: /"PATH_INFO": "\/seen\/grüße\/世 😀\/%\/a\+b;c=d@e:f"/ },
  },
  {
    name: 'a path that is no UTF-8',
    ...get,
    path: '/seen/%FF%FE-%C3',
    expected: { status: 200, body: /"PATH_INFO": "\/seen\/\ufffd\ufffd-\ufffd"/ },
  },
  {
    name: 'a query with a name three times',
    ...get,
    path: '/seen?a=1&b=%C3%BC%26+%2B&a=2&c&a=',
    expected: { status: 200, body: /"QUERY_STRING": "a=1&b=%C3%BC%26\+%2B&a=2&c&a="/ },
  },
  {
    name: 'fields that come twice',
    ...get,
    path: '/seen',
    headers: [
      ['X-Tag', 'one'],
      ['Cookie', 'a=1'],
      ['X-Tag', 'two, three'],
      ['Cookie', 'b=2'],
    ],
    expected: { status: 200, body: /"HTTP_COOKIE": "a=1; b=2",[^]*"HTTP_X_TAG": "one, two, three"/ },
  },
  {
    name: 'fields that tell a program what it is',
    ...get,
    path: '/seen',
    headers: [
      ['User-Agent', 'table/1.0 (by hand)'],
      ['Accept', 'text/html, */*;q=0.1'],
      ['X-Tag', '() { :; }; "x"'],
    ],
    expected: {
      status: 200,
      body: /"HTTP_ACCEPT": "text\/html, \*\/\*;q=0\.1",[^]*"HTTP_HOST": "app\.example"/,
    },
  },
  {
    name: 'a body without a type',
    method: 'PUT',
    path: '/seen/x',
    body: octets.subarray(0, 256),
    expected: { status: 200, body: /"CONTENT_TYPE": null,[^]*"bytes": 256/ },
  },
  {
    name: 'a body in chunks',
    method: 'PATCH',
    path: '/seen/x',
    headers: [['Content-Type', 'a/b; c="d e"']],
    body: Buffer.from('grüß'),
    framing: 'chunked',
    expected: { status: 200, body: /"CONTENT_TYPE": "a\/b; c=\\"d e\\"",[^]*"bytes": 6/ },
  },
  {
    name: 'POST with an empty body',
    ...post,
    path: '/seen',
    body: new Uint8Array(0),
    expected: { status: 200, body: /"bytes": 0/ },
  },
  {
    name: 'DELETE without a body',
    method: 'DELETE',
    path: '/seen/x',
    expected: { status: 200, body: /"REQUEST_METHOD": "DELETE",[^]*"bytes": 0/ },
  },
];

function part(disposition: string, content: string, type?: string): string {
  const typeLine = type === undefined ? '' : `Content-Type: ${type}\r\n`;
  return `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n${typeLine}\r\n${content}\r\n`;
}
