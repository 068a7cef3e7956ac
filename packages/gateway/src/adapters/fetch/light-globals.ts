import { LazyRequest } from './lazy-request.ts';
import { LightResponse } from './light-response.ts';

/**
 * Puts a `Response` in the place of the global one that costs little: a Hono application answers several times as many requests for it. Nothing else in this package changes globals;
 * call it once, before the program begins, and what it returns to have the platform's own back.
 *
 * `instanceof Response` goes on to hold for all of them. `new Request(request)` and `fetch(request)` take the requests of `fromFetch` from now on on every platform. What
 * looks into the inside of a response without asking it, `WebAssembly.compileStreaming` or a cache of the platform, may refuse it: give it a `new Response(light.body, light)` made before.
 */
export function installLightGlobals(): () => void {
  if (before === undefined) {
    before = { Response, Request, fetch };
    installed = {
      Response: LightResponse as unknown as typeof Response,
      Request: requestOf(Request),
      fetch: fetchOf(fetch),
    };
    Object.assign(globalThis, installed);
  }
  installs++;
  let isUndone = false;
  return () => {
    if (isUndone) return;
    isUndone = true;
    installs--;
    if (installs === 0) restore();
  };
}

type Globals = Pick<typeof globalThis, 'Response' | 'Request' | 'fetch'>;

let before: Globals | undefined;
let installed: Globals | undefined;
let installs = 0;

/** What somebody else has put there since stays. */
function restore(): void {
  for (const name of ['Response', 'Request', 'fetch'] as const) {
    if (globalThis[name] === installed?.[name]) Object.assign(globalThis, { [name]: before?.[name] });
  }
  before = undefined;
}

/** One that takes a lazy request for the real one. */
function requestOf(Native: typeof Request): typeof Request {
  class RequestOfLazy extends Native {
    constructor(input: ConstructorParameters<typeof Request>[0], init?: RequestInit) {
      super(realOf(input), init);
    }

    static override [Symbol.hasInstance](value: unknown): boolean {
      if (this === RequestOfLazy) return value instanceof Native;
      return Function.prototype[Symbol.hasInstance].call(this, value);
    }
  }
  Object.defineProperty(RequestOfLazy, 'name', { value: 'Request' });
  return RequestOfLazy;
}

function fetchOf(native: typeof fetch): typeof fetch {
  return (input, init) => native(realOf(input), init);
}

function realOf<T>(input: T): T {
  const given: unknown = input;
  return given instanceof LazyRequest ? (given.real as T) : input;
}
