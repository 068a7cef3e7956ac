import type { Body, StartResponse } from '../../application.ts';
import type { Environ } from '../../environ.ts';
import type { Pattern } from './pattern.ts';

/** A handler, its parameters unknown here. */
export type AnyHandler = (
  environ: Environ,
  startResponse: StartResponse,
  params: Readonly<Record<string, unknown>>,
) => Body | Promise<Body>;

/** A pattern and what answers its methods. */
export class Route {
  readonly pattern: Pattern;
  readonly #handlers = new Map<string, AnyHandler>();

  constructor(pattern: Pattern) {
    this.pattern = pattern;
  }

  /** In the order of definition. */
  get methods(): readonly string[] {
    return [...this.#handlers.keys()];
  }

  /** @throws TypeError for what is no method, and one that is answered already */
  add(methods: readonly string[], handler: AnyHandler): void {
    const { text } = this.pattern;
    if (methods.length === 0) throw new TypeError(`${text}: there is no method`);
    for (const method of methods) {
      if (typeof method !== 'string' || !/^[\w!#$%&'*+\-.^`|~]+$/.test(method)) {
        throw new TypeError(`${text}: ${JSON.stringify(method)} is no method`);
      }
      if (this.#handlers.has(method)) throw new TypeError(`${method} ${text} is defined twice`);
    }
    // An application is called as one: with two arguments.
    const bound: AnyHandler =
      handler.length === 2 ? (environ, startResponse) => callTwo(handler, environ, startResponse) : handler;
    for (const method of methods) this.#handlers.set(method, bound);
  }

  /** GET answers HEAD (RFC 9110 9.3.2): the server leaves the body out. */
  handlerFor(method: string): AnyHandler | undefined {
    return this.#handlers.get(method) ?? (method === 'HEAD' ? this.#handlers.get('GET') : undefined);
  }

  /** `Allow` for these methods: HEAD behind GET, OPTIONS always, each once. */
  static allowed(methods: readonly string[]): string {
    const all = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    return [...new Set([...all, 'OPTIONS'])].join(', ');
  }
}

function callTwo(handler: AnyHandler, environ: Environ, startResponse: StartResponse): Body | Promise<Body> {
  return (handler as (environ: Environ, startResponse: StartResponse) => Body | Promise<Body>)(
    environ,
    startResponse,
  );
}
