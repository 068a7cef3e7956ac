import type { Application } from './application.ts';
import { deriveEnviron } from './environ.ts';
import { keepLifespan } from './lifespan.ts';
import { textResponse } from './text-response.ts';

/**
 * Applications under paths. The longest prefix that ends at a path segment wins; it moves from `PATH_INFO` to `SCRIPT_NAME`, as PEP 3333 has
 * it, so that an application works wherever it is mounted. `'/'` takes the rest; without it the rest is 404.
 *
 * ```ts
 * mount({ '/static': staticFiles('public'), '/': pages })
 * ```
 *
 * @throws TypeError for a prefix that does not begin with a slash, or ends with one.
 */
export function mount(applications: Readonly<Record<string, Application>>): Application {
  const routes = Object.entries(applications).sort(([a], [b]) => b.length - a.length);
  for (const [prefix] of routes) {
    if (prefix !== '/' && !/^(?:\/[^/]+)+$/.test(prefix)) {
      throw new TypeError(
        `${JSON.stringify(prefix)}: a prefix is / or begins with a slash and does not end with one`,
      );
    }
  }
  const mounted: Application = (environ, startResponse) => {
    const { SCRIPT_NAME, PATH_INFO } = environ;
    for (const [prefix, app] of routes) {
      if (prefix === '/') return app(environ, startResponse);
      if (PATH_INFO !== prefix && !PATH_INFO.startsWith(`${prefix}/`)) continue;
      const before = environ['wirestack.route_prefix'];
      const moved = {
        SCRIPT_NAME: SCRIPT_NAME + prefix,
        PATH_INFO: PATH_INFO.slice(prefix.length),
        // For `wirestack.route`, which names patterns and not what clients sent.
        'wirestack.route_prefix': typeof before === 'string' ? before + prefix : prefix,
      };
      return app(deriveEnviron(environ, moved), startResponse);
    }
    return textResponse(startResponse, '404 Not Found');
  };
  return keepLifespan(Object.values(applications), mounted);
}
