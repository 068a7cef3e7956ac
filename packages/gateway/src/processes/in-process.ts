import type { Application } from '../application.ts';
import { keepLifespan } from '../lifespan.ts';

/** What a process says about itself in the environ of each request. */
export interface ProcessFacts {
  /** `wsgi.multiprocess`: others serve the same application. */
  readonly isOneOfMany: boolean;
  /** `wirestack.draining`: aborted when the server is about to stop, while it still accepts. */
  readonly draining: AbortSignal;
}

/** The application as it runs in a process that is told when to leave. */
export function inProcess(app: Application, { isOneOfMany, draining }: ProcessFacts): Application {
  return keepLifespan(app, (environ, startResponse) => {
    environ['wsgi.multiprocess'] = isOneOfMany;
    (environ as { 'wirestack.draining'?: AbortSignal })['wirestack.draining'] = draining;
    return app(environ, startResponse);
  });
}
