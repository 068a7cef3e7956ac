#!/usr/bin/env node
// @ts-check
// An application as such a program: under Apache and `python3 -m http.server --cgi`, too.
import { runAsCgi } from '@wirestack/gateway';

await runAsCgi(async (environ, startResponse) => {
  const { REQUEST_METHOD, PATH_INFO, QUERY_STRING } = environ;
  const body = Buffer.from(await environ['wsgi.input'].read());
  const name = new URLSearchParams(REQUEST_METHOD === 'POST' ? body.toString() : QUERY_STRING).get('name');
  startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']]);
  return [`${REQUEST_METHOD} ${PATH_INFO}: hello, ${name ?? 'stranger'}\n`];
});
