import { appendFileSync } from 'node:fs';
import type { Application } from '../../../src/application.ts';
import { withLifespan } from '../../../src/lifespan.ts';

/** What the tests of processes serve: it tells about its process, and does to it what a path asks for. */
const answers: Application = async (environ, startResponse) => {
  if (environ.PATH_INFO === '/exit') process.exit(7);
  if (environ.PATH_INFO === '/stuck') await new Promise(() => undefined);
  if (environ.PATH_INFO === '/until-draining') await aborted(environ['wirestack.draining']);
  startResponse('200 OK', [['Content-Type', 'application/json']]);
  return [
    JSON.stringify({
      pid: process.pid,
      multiprocess: environ['wsgi.multiprocess'],
      isDraining: environ['wirestack.draining']?.aborted,
    }),
  ];
};

async function aborted(signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise((resolve) => {
    signal?.addEventListener('abort', resolve);
  });
}

/** What happens to each process is a line of this file. */
const log = process.env['LIFESPAN_LOG'];

export const application: Application = withLifespan(answers, {
  start: () => note('start'),
  stop: () => note('stop'),
});

function note(what: string): void {
  if (log !== undefined) appendFileSync(log, `${what}\n`);
}
