import type { Environ } from '../../environ.ts';

/**
 * What a router tells those outside of it: `wirestack.matched`. An environ that was derived on the way, for a mount, has the same object: `wirestack.route`, which is set on
 * the derived one, would not be seen from outside.
 */
export interface MatchedRoute {
  /** The pattern, with those of the mounts in front of it; empty where no router has matched. */
  route: string;
}

/** The record of a request, made where there is none yet. */
export function matchedRoute(environ: Environ): MatchedRoute {
  const before = environ[key];
  if (before !== undefined) return before as MatchedRoute;
  const made: MatchedRoute = { route: '' };
  environ[key] = made;
  return made;
}

/** The route of a request: what a router has told, or whoever else sets `wirestack.route`. */
export function routeOf(environ: Environ, matched: MatchedRoute): string {
  if (matched.route !== '') return matched.route;
  const route = environ['wirestack.route'];
  return typeof route === 'string' ? route : '';
}

/** Sets `wirestack.route`, and tells who asked. */
export function noteRoute(environ: Environ, route: string): void {
  environ['wirestack.route'] = route;
  const matched = environ[key] as MatchedRoute | undefined;
  if (matched !== undefined) matched.route = route;
}

const key = 'wirestack.matched';
