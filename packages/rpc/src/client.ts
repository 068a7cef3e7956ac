import type { Deadline } from '@wirestack/socket';
import { RpcUsageError } from './errors.ts';
import type { Exposed, Method, Service } from './service.ts';

/** Carries calls out: a connection, or an HTTP endpoint. */
export interface Caller {
  call(method: string, params: readonly unknown[], options?: Deadline): Promise<unknown>;
  /** Sends a call that wants no answer. Absent where the wire has none. */
  notify?(method: string, params: readonly unknown[]): Promise<void>;
}

/** A procedure as its client sees it. */
export interface ClientMethod<Params extends readonly unknown[], Result> {
  (...params: Params): Promise<Result>;
  /** The same call with a deadline of its own: `client.add.with({ timeoutMs: 50, signal })(1, 2)`. */
  with(options: Deadline): (...params: Params) => Promise<Result>;
  /** Sends the call as a notification: no answer, no error; resolves when more may be sent. */
  notify(...params: Params): Promise<void>;
}

/** The procedures of an object type as a client sees them. */
export type ClientOf<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends Method<infer Params, infer Result>
    ? ClientMethod<Params, Awaited<Result>>
    : Methods[Name] extends Exposed<infer Target, infer Names>
      ? ClientOf<Pick<Target, Names>>
      : Methods[Name] extends (...params: infer Params) => infer Result
        ? ClientMethod<Params, Awaited<Result>>
        : ClientOf<Methods[Name]>;
};

/** What a client of a service looks like: `Client<typeof api>`. A plain interface of functions may stand for a service of others. */
export type Client<Target> = Target extends Service<infer Methods> ? ClientOf<Methods> : ClientOf<Target>;

/**
 * A typed client over anything that carries calls, without generated code: `client.kv.get('a')` calls `kv.get`. A service whose procedures
 * are named `then`, `with` or `notify` is reached through the caller itself.
 */
export function createClient<Target>(caller: Caller): Client<Target> {
  return new Proxy(Object.freeze({}), {
    // A client is no promise: `await` asks for this name.
    get: (_, name) => (typeof name === 'string' && name !== 'then' ? methodAt(caller, name) : undefined),
  }) as Client<Target>;
}

function methodAt(caller: Caller, path: string): unknown {
  return new Proxy(() => undefined, {
    get: (_, name) => {
      // A group that an asynchronous function returns is awaited too: it must not look like a promise either.
      if (typeof name !== 'string' || name === 'then') return undefined;
      if (name === 'with')
        return (options: Deadline) =>
          (...params: unknown[]) =>
            caller.call(path, params, options);
      if (name === 'notify') {
        return (...params: unknown[]) =>
          caller.notify === undefined
            ? Promise.reject(new RpcUsageError('this wire has no notifications'))
            : caller.notify(path, params);
      }
      return methodAt(caller, `${path}.${name}`);
    },
    apply: (_, __, params: unknown[]) => caller.call(path, params),
  });
}
