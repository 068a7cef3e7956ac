import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ServerOptions } from '@wirestack/http';
import type { Application } from '../application.ts';

/** An application named by the module it lives in, so that other processes can load it. Called, it loads it here. */
export interface ModuleApplication extends Application {
  readonly reference: ApplicationReference;
}

/** What crosses to another process. */
export interface ApplicationReference {
  readonly url: string;
  /** `app`, or `create()` for what makes one; `undefined`: the first there is of {@link usualNames}. */
  readonly name: string | undefined;
  readonly args: readonly unknown[];
}

/** What a module says. */
export interface LoadedApplication {
  readonly application: Application;
  /** Options that are no plain data, such as `observe`; those that `makeServer` or `serveProcesses` are given come before them. */
  readonly serverOptions: ServerOptions;
}

/** Where an application is looked for, where no name is given. */
const usualNames = ['application', 'app', 'default'] as const;

/**
 * Names an application by its module: `moduleApplication(new URL('./app.js', import.meta.url))`. It is an application of this package,
 * or an object with a `fetch(request)`, as Hono, Bun and Workers have it.
 *
 * A name that ends in `()` is a function that makes it, called with `args`, which must be plain data: `'create()'`. It may be asynchronous, and
 * answer with what a module may export. A module may export `serverOptions`, too.
 *
 * @param module A `URL`, the text of one, or an absolute path.
 * @param name Default: `application`, `app` or `default`, whichever is exported.
 * @throws TypeError for a relative path: relative to what?
 */
export function moduleApplication(
  module: URL | string,
  name?: string,
  args: readonly unknown[] = [],
): ModuleApplication {
  const reference: ApplicationReference = { url: absoluteUrl(module), name, args };
  let loaded: Application | undefined;
  let loading: Promise<Application> | undefined;
  const load = (): Promise<Application> =>
    (loading ??= loadApplication(reference).then(({ application }) => (loaded = application)));
  const call: Application = (environ, startResponse) =>
    loaded === undefined
      ? load().then((application) => application(environ, startResponse))
      : loaded(environ, startResponse);
  const lifespan = {
    start: async () => (await load()).lifespan?.start?.(),
    stop: async () => (await load()).lifespan?.stop?.(),
  };
  const application = Object.assign(call, { reference, lifespan });
  moduleApplications.add(application);
  return application;
}

const moduleApplications = new WeakSet<object>();

/** @throws TypeError for any other application */
export function requireModuleApplication(app: unknown): ApplicationReference {
  if (typeof app === 'function' && moduleApplications.has(app)) return (app as ModuleApplication).reference;
  throw new TypeError(
    "several processes each load the application by themselves: give moduleApplication(new URL('./app.js', import.meta.url)), not the application",
  );
}

/**
 * Loads an application in this process.
 *
 * @throws TypeError for an export that is missing, or no application; what the module throws as it loads.
 */
export async function loadApplication(reference: ApplicationReference): Promise<LoadedApplication> {
  const { url, name, args } = reference;
  // eslint-disable-next-line wirestack/layers -- the module is the application's, named at run time
  const exports = (await import(url)) as Record<string, unknown>;
  const isFactory = name?.endsWith('()') === true;
  const found = exportOf(exports, isFactory ? name.slice(0, -2) : name, url);
  if (!isFactory) return { application: await applicationOf(found.value, found.what), ...optionsOf(exports) };
  const { value, what } = found;
  if (typeof value !== 'function') throw new TypeError(`${what} is ${kindOf(value)}, and cannot be called`);
  const made: unknown = await (value as (...given: readonly unknown[]) => unknown)(...args);
  const answered = `what ${what.replace(' of ', '() of ')} returned`;
  if (!isRecord(made) || typeof made['fetch'] === 'function')
    return { application: await applicationOf(made, answered), ...optionsOf(exports) };
  const inner = usualNames.map((each) => made[each]).find((each) => each !== undefined);
  return { application: await applicationOf(inner, answered), ...optionsOf(made) };
}

interface Found {
  readonly value: unknown;
  /** As messages name it. */
  readonly what: string;
}

function exportOf(exports: Record<string, unknown>, name: string | undefined, url: string): Found {
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  const taken = name ?? usualNames.find((each) => exports[each] !== undefined);
  if (taken !== undefined && exports[taken] !== undefined)
    return { value: exports[taken], what: `${taken} of ${path}` };
  const there = Object.keys(exports);
  const has = there.length === 0 ? 'it has no exports' : `it exports ${there.join(', ')}`;
  throw new TypeError(`${path} exports no ${name ?? usualNames.join(' or ')}: ${has}`);
}

async function applicationOf(value: unknown, what: string): Promise<Application> {
  if (typeof value === 'function') return value as Application;
  if (!isRecord(value) || typeof value['fetch'] !== 'function') {
    throw new TypeError(
      `${what} is ${kindOf(value)}, expected an application: a function of environ and startResponse, or an object with a fetch(request)`,
    );
  }
  const { fromFetch } = await import('../adapters/fetch/index.ts');
  return fromFetch((request: Request) => (value as { fetch: FetchFunction }).fetch(request));
}

type FetchFunction = (request: Request) => Response | Promise<Response>;

function optionsOf(exports: Record<string, unknown>): { readonly serverOptions: ServerOptions } {
  return { serverOptions: exports['serverOptions'] ?? {} };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return isRecord(value) ? 'an object without fetch' : `a ${typeof value}`;
}

function absoluteUrl(module: URL | string): string {
  if (module instanceof URL) return module.href;
  if (isAbsolute(module)) return pathToFileURL(module).href;
  if (URL.canParse(module)) return module;
  throw new TypeError(
    `the module ${JSON.stringify(module)} is relative: give new URL(…, import.meta.url), which says to what`,
  );
}
