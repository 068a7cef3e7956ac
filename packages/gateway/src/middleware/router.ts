import type { Application, Body, StartResponse } from '../application.ts';
import { deriveEnviron, type Environ } from '../environ.ts';
import { keepLifespan, type Lifespan } from '../lifespan.ts';
import { textResponse } from '../text-response.ts';
import { convertersFrom } from './router/converters.ts';
import { noteRoute } from './router/matched-route.ts';
import type { Converters, NoConverters, Params } from './router/params.ts';
import { encodeSegments, formatPattern, parsePattern, type Pattern } from './router/pattern.ts';
import { Route, type AnyHandler } from './router/route.ts';
import { RouteTree, type Found } from './router/route-tree.ts';

export type { Converter } from './router/converters.ts';
export type { Converters, NoConverters, Params } from './router/params.ts';

/**
 * What answers a route: an application that is given the parameters, too. One with exactly two parameters is called with two: so an application is a handler, as it is
 * (`validator` insists on it), and finds them at `wirestack.params`.
 */
export interface RouteHandler<RouteParams> {
  (environ: Environ, startResponse: StartResponse, params: RouteParams): Body | Promise<Body>;
  readonly lifespan?: Lifespan | undefined;
}

export interface RouterOptions<Own extends Converters = NoConverters> {
  /** Parameters of other kinds, `{name:hex}`: how they are read and written. Those that a router has keep their names. */
  readonly converters?: Own;
  /** Answers what no route matches. Default: 404 as text. */
  readonly notFound?: Application;
  /**
   * What becomes of `/users/` where only `/users` is a route, and the other way round. Default `redirect`, as Starlette and Werkzeug: 308, which keeps method and body (RFC 9110
   * 15.4.9); their 307 would be asked for again each time. `strict`: 404.
   */
  readonly trailingSlash?: 'redirect' | 'strict';
}

export interface RouteOptions {
  /** For `url`. Not beginning with a slash, so that it is no pattern. */
  readonly name?: string;
}

/** An application made of routes. Its methods answer itself. */
export interface Router<Own extends Converters = NoConverters> extends Application {
  get: AddRoute<Own>;
  post: AddRoute<Own>;
  put: AddRoute<Own>;
  patch: AddRoute<Own>;
  delete: AddRoute<Own>;
  options: AddRoute<Own>;
  head: AddRoute<Own>;
  /** For one method, or several. They are as on the wire: `QUERY`, `PROPFIND`. */
  on<Text extends string>(
    methods: string | readonly string[],
    pattern: Text,
    handler: RouteHandler<Params<Text, Own>>,
    options?: RouteOptions,
  ): Router<Own>;
  /**
   * An application for all that is below a prefix, which moves from `PATH_INFO` to `SCRIPT_NAME`, and may have parameters: `/teams/{team}`. Routes come first. A router there
   * adds its patterns and parameters to those of the prefix.
   */
  mount(prefix: string, app: Application): Router<Own>;
  /**
   * The path of a route, percent-encoded, below `SCRIPT_NAME`: `url('/users/{id:int}', { id: 5 })`, or by the name of the route.
   *
   * @throws TypeError for a route that is not defined, and a parameter that is missing or not of its kind.
   */
  url<Text extends `/${string}`>(pattern: Text, ...params: UrlParams<Params<Text, Own>>): string;
  url<Name extends string>(
    name: Name extends `/${string}` ? never : Name,
    params?: Readonly<Record<string, unknown>>,
  ): string;
}

export type AddRoute<Own extends Converters> = <Text extends string>(
  pattern: Text,
  handler: RouteHandler<Params<Text, Own>>,
  options?: RouteOptions,
) => Router<Own>;

type UrlParams<RouteParams> = keyof RouteParams extends never
  ? [params?: RouteParams]
  : [params: RouteParams];

/**
 * Sends requests to handlers by method and path.
 *
 * ```ts
 * const app = router()
 *   .get('/', (environ, startResponse) => textResponse(startResponse, '200 OK'))
 *   .get('/users/{id:int}/files/{path:path}', (environ, startResponse, { id, path }) => file(id, path, startResponse))
 *   .mount('/static', staticFiles('public'));
 * ```
 *
 * Converters, as in Starlette: `str` (the default: one segment), `int` and `float` (without sign), `uuid`, `path` (any number of segments). A segment is a parameter, perhaps with text
 * around it: `/{name}.json`. The most specific pattern wins, whatever the order of definition: literals, then `int` `float` `uuid` and own converters, `str`, `path`, mounts.
 *
 * GET answers HEAD. OPTIONS is answered with what is allowed where it is not defined, and so is `OPTIONS *`; a method that no route of a path has with 405 (RFC 9110 15.5.6).
 *
 * Sets `wirestack.route` (the pattern, with the prefixes of the routers around it) and `wirestack.params`. Its lifespan is that of all its applications.
 *
 * @throws TypeError at definition: a pattern that is malformed, defined twice for a method, or matches the same paths as one with other names.
 */
export function router<const Own extends Converters = NoConverters>(
  options: RouterOptions<Own> = {},
): Router<Own> {
  const { notFound = answerNotFound, trailingSlash = 'redirect' } = options;
  if (typeof notFound !== 'function') throw new TypeError('notFound is no application');
  if (!['redirect', 'strict'].includes(trailingSlash)) {
    throw new TypeError('trailingSlash is "redirect" or "strict"');
  }
  const table = new RoutingTable(
    convertersFrom(options.converters ?? {}),
    notFound,
    trailingSlash === 'redirect',
  );
  const app: Application = (environ, startResponse) => table.answer(environ, startResponse);
  const methods = Object.fromEntries(
    verbs.map((verb) => [
      verb,
      (pattern: string, handler: AnyHandler, more?: RouteOptions) =>
        made.on(verb.toUpperCase(), pattern, handler, more),
    ]),
  ) as unknown as Record<(typeof verbs)[number], AddRoute<Own>>;
  const made: Router<Own> = Object.assign(app, methods, {
    on(given: string | readonly string[], pattern: string, handler: unknown, more: RouteOptions = {}) {
      table.add(typeof given === 'string' ? [given] : given, pattern, handler as AnyHandler, more.name);
      return made;
    },
    mount(prefix: string, mounted: Application) {
      table.mount(prefix, mounted);
      return made;
    },
    url: (name: string, params: Readonly<Record<string, unknown>> = {}) => table.url(name, params),
    lifespan: table.lifespan,
  });
  return made;
}

const verbs = ['get', 'post', 'put', 'patch', 'delete', 'options', 'head'] as const;

const answerNotFound: Application = (_environ, startResponse) => textResponse(startResponse, '404 Not Found');

/** The routes of one router, and how a request finds its own. */
class RoutingTable {
  readonly #converters: ReturnType<typeof convertersFrom>;
  readonly #notFound: Application;
  readonly #redirects: boolean;
  readonly #tree = new RouteTree<Route, Application>();
  /** Paths without parameters: found at once, and nothing comes before them. */
  readonly #literals = new Map<string, Route>();
  readonly #patterns = new Map<string, Pattern>();
  readonly #names = new Map<string, Pattern>();
  readonly #applications = new Set<Application>();
  readonly #methods = new Set<string>();

  constructor(converters: ReturnType<typeof convertersFrom>, notFound: Application, redirects: boolean) {
    this.#converters = converters;
    this.#notFound = notFound;
    this.#redirects = redirects;
    this.#applications.add(notFound);
  }

  /** Of the applications that are there when it starts: routes may be added until then. */
  readonly lifespan: Lifespan = (() => {
    let running: Lifespan | undefined;
    return {
      start: async () => {
        running = keepLifespan([...this.#applications], (environ, startResponse) =>
          this.answer(environ, startResponse),
        ).lifespan;
        await running?.start?.();
      },
      stop: async () => {
        const stopped = running;
        running = undefined;
        await stopped?.stop?.();
      },
    };
  })();

  add(methods: readonly string[], text: string, handler: AnyHandler, name: string | undefined): void {
    if (typeof handler !== 'function') throw new TypeError(`${text}: the handler is no function`);
    const pattern = parsePattern(text, this.#converters);
    this.#checkName(name, pattern);
    const route = this.#tree.route(pattern, () => new Route(pattern));
    route.add(methods, handler);
    if (pattern.names.length === 0) this.#literals.set(text, route);
    this.#patterns.set(text, pattern);
    if (name !== undefined) this.#names.set(name, pattern);
    this.#applications.add(handler as Application);
    for (const method of methods) this.#methods.add(method);
  }

  #checkName(name: string | undefined, pattern: Pattern): void {
    if (name === undefined) return;
    if (typeof name !== 'string' || name === '' || name.startsWith('/')) {
      throw new TypeError(`${pattern.text}: a name is text that does not begin with a slash`);
    }
    const before = this.#names.get(name);
    if (before !== undefined && before.text !== pattern.text) {
      throw new TypeError(`name ${name} is that of ${before.text} already`);
    }
  }

  mount(prefix: string, app: Application): void {
    if (typeof app !== 'function') throw new TypeError(`${prefix}: what is mounted is no application`);
    const pattern = parsePattern(prefix, this.#converters);
    if (prefix !== '/' && prefix.endsWith('/')) {
      throw new TypeError(`${prefix}: a prefix is / or does not end with a slash`);
    }
    if (pattern.segments.some((segment) => segment.converter?.name === 'path')) {
      throw new TypeError(`${prefix}: a prefix with a path has no end`);
    }
    this.#tree.mount(pattern, app);
    this.#applications.add(app);
  }

  url(name: string, params: Readonly<Record<string, unknown>>): string {
    const pattern = name.startsWith('/') ? this.#patterns.get(name) : this.#names.get(name);
    if (pattern === undefined) throw new TypeError(`there is no route ${name}`);
    return formatPattern(pattern, params);
  }

  answer(environ: Environ, startResponse: StartResponse): Body | Promise<Body> {
    const { PATH_INFO, REQUEST_METHOD } = environ;
    // A root that is mounted nowhere has a path, if the server in front did not say so.
    const path = PATH_INFO === '' && environ.SCRIPT_NAME === '' ? '/' : PATH_INFO;
    const literal = this.#literals.get(path);
    const handler = literal?.handlerFor(REQUEST_METHOD);
    if (literal !== undefined && handler !== undefined) {
      const params = prepare(environ, literal.pattern, noValues);
      return handler(environ, startResponse, params);
    }
    return this.#search(path, environ, startResponse);
  }

  #search(path: string, environ: Environ, startResponse: StartResponse): Body | Promise<Body> {
    const method = environ.REQUEST_METHOD;
    const choice = new Choice(method);
    if (this.#tree.search(path, choice)) {
      if (choice.handler === undefined) return this.#enter(choice, path, environ, startResponse);
      const { pattern, values } = choice.found as Found<unknown>;
      return choice.handler(environ, startResponse, prepare(environ, pattern, values));
    }
    const [first] = choice.others;
    if (first !== undefined) {
      prepare(environ, first.pattern, noValues);
      return refuse(method, Route.allowed(choice.others.flatMap((route) => route.methods)), startResponse);
    }
    if (path === '*' && method === 'OPTIONS') {
      return refuse(method, Route.allowed([...this.#methods]), startResponse);
    }
    return this.#redirect(path, environ, startResponse) ?? this.#notFound(environ, startResponse);
  }

  /** What is mounted gets an environ of its own: those outside still read theirs. */
  #enter(choice: Choice, path: string, environ: Environ, startResponse: StartResponse): Body | Promise<Body> {
    const { pattern, value, values, end } = choice.found as Found<Application>;
    const prefix = prefixOf(environ) + (pattern.text === '/' ? '' : pattern.text);
    noteRoute(environ, prefix);
    const inner = deriveEnviron(environ, {
      SCRIPT_NAME: environ.SCRIPT_NAME + path.slice(0, end),
      PATH_INFO: path.slice(end),
      'wirestack.params': paramsOf(environ, pattern, values),
      [prefixKey]: prefix,
    });
    return value(inner, startResponse);
  }

  /** To the same path with the slash at its end, or without, where that is a route for the method. */
  #redirect(path: string, environ: Environ, startResponse: StartResponse): Body | undefined {
    if (!this.#redirects || path === '/') return undefined;
    const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
    const choice = new Choice(environ.REQUEST_METHOD);
    if (!this.#tree.search(other, choice) || choice.handler === undefined) return undefined;
    const target = encodeSegments(environ.SCRIPT_NAME + other);
    // `//x` would be another host (RFC 3986 4.2).
    if (!target.startsWith('/') || target.startsWith('//')) return undefined;
    const query = environ.QUERY_STRING === '' ? '' : `?${environ.QUERY_STRING}`;
    return textResponse(startResponse, '308 Permanent Redirect', [['Location', target + query]]);
  }
}

/** Takes the first that answers the method; remembers those that answer others. */
class Choice {
  readonly #method: string;
  found: Found<unknown> | undefined;
  /** Undefined for a mount. */
  handler: AnyHandler | undefined;
  readonly others: Route[] = [];

  constructor(method: string) {
    this.#method = method;
  }

  route(found: Found<Route>): boolean {
    const handler = found.value.handlerFor(this.#method);
    if (handler === undefined) {
      this.others.push(found.value);
      return false;
    }
    this.found = found;
    this.handler = handler;
    return true;
  }

  mount(found: Found<Application>): boolean {
    this.found = found;
    return true;
  }
}

function refuse(method: string, allowed: string, startResponse: StartResponse): Body {
  if (method !== 'OPTIONS')
    return textResponse(startResponse, '405 Method Not Allowed', [['Allow', allowed]]);
  startResponse('204 No Content', [['Allow', allowed]]);
  return [];
}

/** Tells the environ where it is, and what with. */
function prepare(
  environ: Environ,
  pattern: Pattern,
  values: readonly unknown[],
): Readonly<Record<string, unknown>> {
  noteRoute(environ, prefixOf(environ) + pattern.text);
  const params = paramsOf(environ, pattern, values);
  environ['wirestack.params'] = params;
  return params;
}

/** Those of the pattern, and of the prefixes around this router. */
function paramsOf(
  environ: Environ,
  { names }: Pattern,
  values: readonly unknown[],
): Readonly<Record<string, unknown>> {
  const outer =
    environ[prefixKey] === undefined
      ? undefined
      : (environ['wirestack.params'] as Readonly<Record<string, unknown>>);
  if (values.length === 0) return outer ?? noParams;
  const params: Record<string, unknown> = outer === undefined ? {} : { ...outer };
  for (let place = 0; place < names.length; place++) params[names[place] as string] = values[place];
  return params;
}

function prefixOf(environ: Environ): string {
  return (environ[prefixKey] as string | undefined) ?? '';
}

/** Of the environ of what a router has mounted: the patterns in front. */
const prefixKey = 'wirestack.route_prefix';
const noValues: readonly unknown[] = [];
const noParams: Readonly<Record<string, unknown>> = Object.freeze({});
