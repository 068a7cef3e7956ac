import type { Application } from './application.ts';

/** What an application does before its first request, and after its last: a pool of connections opened, and closed. */
export interface Lifespan {
  /** Before the server takes connections. Where it rejects, the server does not begin. */
  start?(): void | Promise<void>;
  /** After the last answer, or where the server was closed. Called only if `start` ended well. */
  stop?(): void | Promise<void>;
}

/**
 * An application with a lifespan. What `app` had already is kept: it starts first, and stops last.
 *
 * Middleware and whatever else is made of applications passes the lifespans on by {@link keepLifespan}.
 */
export function withLifespan(app: Application, lifespan: Lifespan): Application {
  const inner = app.lifespan;
  const wrapped: Application = (environ, startResponse) => app(environ, startResponse);
  return Object.assign(wrapped, { lifespan: inner === undefined ? lifespan : inOrder([inner, lifespan]) });
}

/** `made` with the lifespans of what it is made of: of one application, or several. Applications that have none cost nothing. */
export function keepLifespan(parts: Application | readonly Application[], made: Application): Application {
  const applications: readonly Application[] = typeof parts === 'function' ? [parts] : parts;
  // One mounted twice starts once.
  const lifespans = new Set(applications.map((app) => app.lifespan).filter((one) => one !== undefined));
  const [first] = lifespans;
  if (first === undefined) return made;
  return Object.assign(made, { lifespan: lifespans.size === 1 ? first : inOrder([...lifespans]) });
}

/** One after the other; back in reverse, those only that have started. An error of `stop` does not keep the others from it. */
function inOrder(lifespans: readonly Lifespan[]): Lifespan {
  let started: Lifespan[] = [];
  const stop = async (): Promise<void> => {
    const errors: unknown[] = [];
    for (const one of started.reverse()) {
      try {
        await one.stop?.();
      } catch (error) {
        errors.push(error);
      }
    }
    started = [];
    if (errors.length > 0) throw errors[0];
  };
  return {
    start: async () => {
      for (const one of lifespans) {
        try {
          await one.start?.();
          started.push(one);
        } catch (error) {
          await stop().catch(() => undefined);
          throw error;
        }
      }
    },
    stop,
  };
}

/**
 * Starts an application, for whoever writes a server: answers what stops it, which does so once, however often it is called.
 *
 * @throws what `lifespan.start` throws
 */
export async function startApplication(app: Application): Promise<() => Promise<void>> {
  const { lifespan } = app;
  await lifespan?.start?.();
  let stopped: Promise<void> | undefined;
  return () => (stopped ??= Promise.resolve(lifespan?.stop?.()));
}
