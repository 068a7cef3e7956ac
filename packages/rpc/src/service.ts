import type { Caller } from './client.ts';
import { faultCodes, RpcFault, RpcUsageError } from './errors.ts';
import type { SchemaInputs, SchemaOutputs, SchemaResult, StandardSchema } from './standard-schema.ts';

/** What a procedure may know of its call. */
export interface CallContext {
  /** The full name it was called by. */
  readonly method: string;
  /** Aborted when the caller cancels, its connection ends, or nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** No answer will be sent, whatever the procedure returns or throws. */
  readonly isNotification: boolean;
  /** Calls the caller back, where the wire goes both ways: `createClient<Theirs>(context.peer)`. */
  readonly peer?: Caller;
}

/** A procedure as the wires see it. */
export interface Procedure {
  /** With the names of the groups around it: `kv.get`. */
  readonly name: string;
  /** For people: what `system.methodHelp` answers. */
  readonly help?: string;
  /** What parameters that come by name are called, in their order; without it such an object is the only parameter. */
  readonly parameterNames?: readonly string[] | undefined;
  /**
   * Checks the parameters and runs the procedure; its result, or a promise where it, or a schema, is asynchronous. Throws or rejects with
   * {@link RpcFault} `invalidParams`, and with whatever the procedure throws.
   */
  call(params: readonly unknown[], context: CallContext): unknown;
}

/** Procedures by name, for any wire to serve. `Methods` is the type they were made from, which types the clients. */
export interface Service<Methods = unknown> {
  readonly procedures: ReadonlyMap<string, Procedure>;
  /** Only in types: what a client of this service looks like. */
  readonly methods?: Methods;
}

/**
 * Makes a service of an object literal: functions by name, {@link method}s, {@link expose}d objects, and groups of these, whose names join
 * with a dot. Only the own, enumerable names are callable; nothing that is inherited ever is.
 *
 * ```ts
 * const api = service({
 *   add: (a: number, b: number) => a + b,
 *   kv: expose(store, ['get', 'set']),
 *   pow: method([z.number(), z.number()], (context, x, y) => x ** y),
 * });
 * ```
 *
 * A plain function gets what the caller sent, unchecked: use `method` where a wrong type could do harm.
 *
 * @throws RpcUsageError for a member that is none of these, an empty name, a name twice, or an object that is no plain one.
 */
export function service<Methods extends object>(methods: Methods): Service<Methods> {
  const procedures = new Map<string, Procedure>();
  if (!isPlainObject(methods)) throw new RpcUsageError('service() takes a plain object: expose an instance');
  collect(methods, '', procedures, 0);
  return { procedures };
}

/** @throws RpcUsageError for what {@link service} did not make, a plain object of functions above all: else each call of it would fail. */
export function requireService(given: Service): Service {
  const procedures = (given as Partial<Service> | null | undefined)?.procedures as
    Partial<Service['procedures']> | undefined;
  // By what it does, not by its class: a Map may be of another realm.
  if (typeof procedures?.get === 'function' && typeof procedures.has === 'function') return given;
  throw new RpcUsageError('this is no service: make one of it by service({ … })');
}

export interface MethodOptions {
  /** For people: what `system.methodHelp` answers. */
  readonly help?: string;
  /** The names of the parameters, one for each schema, so that they may come by name: JSON-RPC's `{"minuend": 42, "subtrahend": 23}`. */
  readonly names?: readonly string[];
}

/** Made by {@link method}. */
export class Method<Params extends readonly unknown[], Result> {
  readonly schemas: readonly StandardSchema[];
  readonly run: (context: CallContext, ...params: never[]) => Result;
  readonly options: MethodOptions;
  /** Only in types: what a caller passes. */
  declare readonly params?: Params;

  constructor(
    schemas: readonly StandardSchema[],
    run: (context: CallContext, ...params: never[]) => Result,
    options: MethodOptions,
  ) {
    this.schemas = schemas;
    this.run = run;
    this.options = options;
  }
}

/**
 * A procedure whose parameters are checked, one schema each, by any library of the Standard Schema; it receives what the schemas put out,
 * after its {@link CallContext}. A parameter left out is checked as `undefined`; one too many is refused.
 *
 * @throws RpcUsageError for what is no schema, and for names that are not one for each.
 */
export function method<const Schemas extends readonly StandardSchema[], Result>(
  schemas: Schemas,
  run: (context: CallContext, ...params: SchemaOutputs<Schemas>) => Result,
  options: MethodOptions = {},
): Method<SchemaInputs<Schemas>, Result> {
  for (const schema of schemas as readonly (Partial<StandardSchema> | undefined)[]) {
    if (typeof schema?.['~standard']?.validate !== 'function') {
      throw new RpcUsageError('method() takes schemas of the Standard Schema specification');
    }
  }
  if (options.names !== undefined && options.names.length !== schemas.length) {
    throw new RpcUsageError('method() takes one name for each schema');
  }
  return new Method<SchemaInputs<Schemas>, Result>(
    schemas,
    run as (context: CallContext, ...params: never[]) => Result,
    options,
  );
}

/** Made by {@link expose}. */
export class Exposed<Target extends object, Names extends keyof Target> {
  readonly target: Target;
  readonly names: readonly Names[];

  constructor(target: Target, names: readonly Names[]) {
    this.target = target;
    this.names = names;
  }
}

/**
 * The named methods of an instance, called on it: what `register_instance` of Python's `SimpleXMLRPCServer` does, but with a list. Each is
 * looked up when it is called.
 *
 * @throws RpcUsageError for a name that is no function of the target.
 */
export function expose<Target extends object, const Names extends keyof Target & string>(
  target: Target,
  names: readonly Names[],
): Exposed<Target, Names> {
  for (const name of names) {
    if (typeof target[name] !== 'function')
      throw new RpcUsageError(`${name} is no method of what is exposed`);
  }
  return new Exposed(target, names);
}

/** What a caller is told of an error: an {@link RpcFault} as it is; of any other its message where `exposeErrors`, else nothing. */
export function toFault(error: unknown, exposeErrors: boolean): RpcFault {
  if (error instanceof RpcFault) return error;
  return new RpcFault(
    faultCodes.internalError,
    (exposeErrors ? textOf(error) : undefined) ?? 'Internal error',
  );
}

/** Anything can be thrown, also what has no text: that must not throw again. */
function textOf(error: unknown): string | undefined {
  try {
    const text: unknown = error instanceof Error ? error.message : String(error);
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}

/** An object graph deeper than this is a cycle, or no list of procedures. */
const maxGroupDepth = 16;

function collect(group: object, prefix: string, into: Map<string, Procedure>, depth: number): void {
  if (depth > maxGroupDepth) throw new RpcUsageError(`groups of procedures nest too deep at ${prefix}`);
  for (const [key, member] of Object.entries(group) as [string, unknown][]) {
    const name = prefix + key;
    if (key === '') throw new RpcUsageError(`a procedure in ${prefix || 'the service'} has no name`);
    if (typeof member === 'function') add(into, new PlainProcedure(name, member as AnyFunction));
    else if (member instanceof Method) add(into, new CheckedProcedure(name, member as AnyMethod));
    else if (member instanceof Exposed) {
      for (const method of (member as AnyExposed).names) {
        add(into, new ExposedProcedure(`${name}.${method}`, member.target as Methods, method));
      }
    } else if (isPlainObject(member)) collect(member, `${name}.`, into, depth + 1);
    else
      throw new RpcUsageError(
        `${name} is no function, method(), expose() or plain object: expose an instance`,
      );
  }
}

type AnyFunction = (...params: readonly unknown[]) => unknown;
type AnyMethod = Method<readonly unknown[], unknown>;
type AnyExposed = Exposed<Methods, string>;
type Methods = Readonly<Record<string, AnyFunction>>;

function add(into: Map<string, Procedure>, procedure: Procedure): void {
  if (into.has(procedure.name)) throw new RpcUsageError(`${procedure.name} is there twice`);
  into.set(procedure.name, procedure);
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

class PlainProcedure implements Procedure {
  readonly name: string;
  readonly #run: AnyFunction;

  constructor(name: string, run: AnyFunction) {
    this.name = name;
    this.#run = run;
  }

  call(params: readonly unknown[]): unknown {
    return this.#run.apply(undefined, params as unknown[]);
  }
}

class ExposedProcedure implements Procedure {
  readonly name: string;
  readonly #target: Methods;
  readonly #method: string;

  constructor(name: string, target: Methods, method: string) {
    this.name = name;
    this.#target = target;
    this.#method = method;
  }

  call(params: readonly unknown[]): unknown {
    return this.#target[this.#method]?.(...params);
  }
}

class CheckedProcedure implements Procedure {
  readonly name: string;
  readonly help: string;
  readonly parameterNames: readonly string[] | undefined;
  readonly #method: AnyMethod;

  constructor(name: string, method: AnyMethod) {
    this.name = name;
    this.help = method.options.help ?? '';
    this.parameterNames = method.options.names;
    this.#method = method;
  }

  call(params: readonly unknown[], context: CallContext): unknown {
    const { schemas } = this.#method;
    if (params.length > schemas.length) {
      const takes = `takes ${String(schemas.length)} parameters`;
      throw new RpcFault(
        faultCodes.invalidParams,
        `Invalid params: ${takes}, ${String(params.length)} were given`,
      );
    }
    const results = schemas.map((schema, index) => schema['~standard'].validate(params[index]));
    if (results.every(isSettled)) return this.#run(results, context);
    return Promise.all(results.map((result) => Promise.resolve(result))).then((settled) =>
      this.#run(settled, context),
    );
  }

  #run(results: readonly SchemaResult<unknown>[], context: CallContext): unknown {
    const values: unknown[] = [];
    for (const [index, result] of results.entries()) {
      if (result.issues !== undefined) throw invalidParams(index, result.issues);
      values.push(result.value);
    }
    return this.#method.run(context, ...(values as never[]));
  }
}

function isSettled(
  result: SchemaResult<unknown> | Promise<SchemaResult<unknown>>,
): result is SchemaResult<unknown> {
  // By what it does, not by its class: a promise of another realm taken for a result would pass unchecked.
  return !('then' in result);
}

function invalidParams(
  index: number,
  issues: readonly { message: string; path?: readonly unknown[] | undefined }[],
): RpcFault {
  const told = issues.slice(0, 16).map((issue) => ({
    path: [
      index,
      ...(issue.path ?? []).map((step) =>
        String(typeof step === 'object' && step !== null && 'key' in step ? step.key : step),
      ),
    ],
    message: issue.message,
  }));
  return new RpcFault(faultCodes.invalidParams, `Invalid params: ${told[0]?.message ?? 'refused'}`, told);
}
