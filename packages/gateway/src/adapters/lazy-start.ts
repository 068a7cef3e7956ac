import type { Application } from '../application.ts';

/**
 * Starts the lifespan of an application, once, at the first request: for platforms that have no other beginning. After a failure the next request tries again. `undefined` where
 * there is none.
 */
export function lazyStart(app: Application): (() => Promise<void>) | undefined {
  const { lifespan } = app;
  if (lifespan?.start === undefined) return undefined;
  let started: Promise<void> | undefined;
  return () =>
    (started ??= Promise.resolve(lifespan.start?.()).catch((error: unknown) => {
      started = undefined;
      throw error;
    }));
}
