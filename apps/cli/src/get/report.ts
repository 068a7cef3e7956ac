import type { ClientResponse } from '@wirestack/http/client';
import { flagOf, type Arguments } from '../command-line.ts';
import type { Context } from '../context.ts';
import { byteCount, shown } from '../messages.ts';

/** What is told of an answer besides its body. */
export class Report {
  readonly #context: Context;
  readonly #isTold: boolean;
  readonly #isIncluded: boolean;
  readonly #isColoured: boolean;

  constructor(given: Arguments, context: Context) {
    const { env, stderr } = context;
    const isTerminal = stderr.isTTY === true;
    this.#context = context;
    this.#isTold = (isTerminal || flagOf(given, 'verbose')) && !flagOf(given, 'quiet');
    this.#isIncluded = flagOf(given, 'include') || flagOf(given, 'head');
    // https://no-color.org
    this.#isColoured = isTerminal && (env['NO_COLOR'] ?? '') === '';
  }

  head(response: ClientResponse): void {
    if (this.#isIncluded) this.#context.stdout.write(headText(response, false));
    if (!this.#isTold || (this.#isIncluded && this.#context.stdout.isTTY === true)) return;
    for (const url of response.redirectedFrom) this.#context.stderr.write(`${shown(url)} led on\n`);
    this.#context.stderr.write(headText(response, this.#isColoured));
  }

  /** @param bytes of the body, as they came */
  phases({ timing }: ClientResponse, bytes: number): void {
    if (!this.#isTold || timing === undefined) return;
    const { startedAt, connectedAt, headAt, steps } = timing;
    const end = performance.now();
    const lines: [name: string, ms: number][] = [];
    let last = startedAt;
    const add = (name: string, at: number | undefined): void => {
      if (at === undefined) return;
      lines.push([name, at - last]);
      last = at;
    };
    add('name', steps.resolvedAt);
    add('connect', steps.openedAt);
    add('TLS', steps.securedAt);
    last = Math.max(last, connectedAt);
    add('answer', headAt);
    add('body', end);
    const seconds = (end - headAt) / 1000;
    const rate = bytes > 0 && seconds > 0 ? `, ${byteCount(bytes / seconds)}/s` : '';
    const all = lines.map(([name, ms]) => `${name} ${milliseconds(ms)}`).join(', ');
    this.#context.stderr.write(`\n${byteCount(bytes)} in ${milliseconds(end - startedAt)}${rate}: ${all}\n`);
  }
}

/** Status line and fields, with what a terminal would obey escaped. */
function headText(response: ClientResponse, isColoured: boolean): string {
  const { version, status, reason, headers } = response;
  const line = shown(`HTTP/${version} ${String(status)} ${reason}`.trimEnd());
  const colour = status < 300 ? green : status < 400 ? yellow : red;
  const fields = [...headers].map(
    ([name, value]) => `${isColoured ? inColour(cyan, shown(name)) : shown(name)}: ${shown(value)}\n`,
  );
  return `${isColoured ? inColour(colour, line) : line}\n${fields.join('')}\n`;
}

// Select Graphic Rendition (ECMA-48 8.3.117): one of the terminal's own colours, and the default again.
const [red, green, yellow, cyan] = [31, 32, 33, 36];

function inColour(colour: number, text: string): string {
  return `\x1b[${String(colour)}m${text}\x1b[39m`;
}

function milliseconds(ms: number): string {
  return ms < 10
    ? `${ms.toFixed(1)} ms`
    : ms < 10_000
      ? `${ms.toFixed(0)} ms`
      : `${(ms / 1000).toFixed(1)} s`;
}
