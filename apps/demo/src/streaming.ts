import { setTimeout as delay } from 'node:timers/promises';
import type { Application } from '@wirestack/gateway';
import { htmlDocument, htmlHeaders } from './document.ts';
import { html } from './html.ts';

export interface StreamingOptions {
  /** Parts of the page. Default 10. */
  readonly parts?: number;
  /** Before each part. Default 300. */
  readonly intervalMs?: number;
}

/** A page that arrives over time: its body is an async generator, and each part leaves as it is made. */
export function streaming({ parts = 10, intervalMs = 300 }: StreamingOptions = {}): Application {
  return (environ, startResponse) => {
    startResponse('200 OK', [...htmlHeaders, ['Cache-Control', 'no-store']]);
    const root = environ.SCRIPT_NAME.replace(/\/stream$/, '');
    const signal = environ['wirestack.signal'];

    /** Ends when every part is sent, or when the client leaves. */
    return (async function* () {
      const [before = '', behind = ''] = pageAround(root);
      yield before;
      for (let part = 1; part <= parts; part++) {
        try {
          await delay(intervalMs, undefined, { signal });
        } catch {
          return;
        }
        const time = new Date().toISOString().slice(11, 23);
        yield `${html`<li>part ${part} of ${parts} left at ${time}</li>`.toString()}\n`;
      }
      yield behind;
    })();
  };
}

/** What comes before the parts, and what comes behind them. */
function pageAround(root: string): string[] {
  const parts = '(parts)';
  const content = html`
    <h1>A page that arrives over time</h1>
    <p>One connection, one response; each line is a chunk, sent when it is made.</p>
    <ol class="arriving">
      ${parts}
    </ol>
    <p><a href="${root}/">Back</a></p>
  `;
  return htmlDocument('A page that arrives over time', root, content).toString().split(parts);
}
