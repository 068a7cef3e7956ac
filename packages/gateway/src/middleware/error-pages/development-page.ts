import type { Environ } from '../../environ.ts';
import { escapeHtml, htmlPage, htmlType, type ErrorPage, type Problem } from './plain-page.ts';
import { parseStack, sourceExcerpt, type StackFrame } from './source-excerpt.ts';

/** All about an error, for its developer: messages, stacks, source, request. */
export function developmentPage(problem: Problem, environ: Environ): ErrorPage {
  const { mediaType, status, reason, requestId } = problem;
  const title = `${String(status)} ${reason}`;
  const errors = causesOf(problem.error);
  const facts = factsOf(environ);
  if (mediaType.endsWith('json')) {
    const body = {
      type: 'about:blank',
      title: reason,
      status,
      ...(requestId !== undefined && { requestId }),
      detail: nameOf(problem.error),
      stack: errors.map((error) => stackOf(error).split('\n')),
      request: Object.fromEntries(facts),
    };
    return { type: mediaType, body: `${JSON.stringify(body, undefined, 2)}\n` };
  }
  if (mediaType === 'text/html') {
    const id = requestId === undefined ? '' : `<p>Request ${escapeHtml(requestId)}</p>\n`;
    const content = `<h1>${escapeHtml(title)}</h1>\n${id}${errors.map(htmlOf).join('')}${tableOf(facts)}`;
    return { type: htmlType, body: htmlPage(`${title}: ${nameOf(problem.error)}`, content, style) };
  }
  const lines = facts.map(([name, value]) => `${name}: ${value}`);
  const id = requestId === undefined ? [] : [`Request ${requestId}`];
  const text = [title, ...id, '', ...errors.map((error) => `${stackOf(error)}\n`), ...lines, ''];
  return { type: 'text/plain; charset=utf-8', body: text.join('\n') };
}

/** The error, and what caused it: five at most, for causes may go in a circle. */
function causesOf(error: unknown): unknown[] {
  const all: unknown[] = [];
  for (let one = error; one !== undefined && all.length < 5 && !all.includes(one);) {
    all.push(one);
    one = one instanceof Error ? one.cause : undefined;
  }
  return all.length === 0 ? [error] : all;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : `thrown: ${String(error)}`;
}

function stackOf(error: unknown): string {
  return error instanceof Error && typeof error.stack === 'string' ? error.stack : nameOf(error);
}

function htmlOf(error: unknown): string {
  const frames = error instanceof Error && typeof error.stack === 'string' ? parseStack(error.stack) : [];
  // The source of the first few: those below have called them.
  const own = frames.filter(({ file }) => file !== undefined).slice(0, 5);
  const list = frames.map(
    (frame) => `<li>${escapeHtml(frame.text)}${own.includes(frame) ? excerptOf(frame) : ''}</li>\n`,
  );
  return `<h2>${escapeHtml(nameOf(error))}</h2>\n<ol>\n${list.join('')}</ol>\n`;
}

function excerptOf(frame: StackFrame): string {
  const lines = sourceExcerpt(frame, 3).map(({ number, text, isCurrent }) => {
    const line = escapeHtml(`${String(number).padStart(5)}  ${text}`);
    return isCurrent ? `<mark>${line}</mark>` : line;
  });
  return lines.length === 0 ? '' : `<pre>${lines.join('\n')}</pre>`;
}

/** Of the environ what is text, the secrets masked. */
function factsOf(environ: Environ): (readonly [name: string, value: string])[] {
  return Object.entries(environ)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    .map(([name, value]) => [name, secret.test(name) ? '•••' : value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Whoever sees the page over a shoulder, or in a ticket, must not be able to log in by it. */
const secret = /cookie|auth|token|secret|passw|key|session|csrf|signature/i;

function tableOf(facts: readonly (readonly [name: string, value: string])[]): string {
  const rows = facts.map(
    ([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>\n`,
  );
  return `<h2>Request</h2>\n<table>\n${rows.join('')}</table>\n`;
}

const style =
  'pre{background:#f4f4f4;overflow:auto;padding:.5rem}mark{background:#fd8;display:inline-block;min-width:100%}' +
  'li{overflow-wrap:anywhere}th{text-align:left;vertical-align:top;padding-right:1rem}td{overflow-wrap:anywhere}';
