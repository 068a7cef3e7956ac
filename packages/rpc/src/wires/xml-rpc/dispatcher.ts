import { faultCodes, RpcFault, RpcUsageError } from '../../errors.ts';
import { requireService, toFault, type CallContext, type Service } from '../../service.ts';
import { readCall } from './decoder.ts';
import { XmlRpcFormatError } from './errors.ts';
import { SystemProcedures } from './introspection.ts';
import { ValueWriter } from './value-writer.ts';
import {
  encodeFault,
  faultStruct,
  responseEnd,
  responseStart,
  settleWriting,
  writeResponse,
} from './writer.ts';
import type { WriteSettings, XmlRpcWriteOptions } from './writer.ts';

/** What an XML-RPC server does beyond calling procedures. `allowNone` and `limits` hold for requests and answers. */
export interface XmlRpcDispatcherOptions extends XmlRpcWriteOptions {
  /** `system.listMethods`, `system.methodHelp`, `system.methodSignature`. Default false: who may call need not be told what there is. */
  readonly introspection?: boolean;
  /** `system.multicall`: many calls in one request, one after the other. Default false, as in Python. */
  readonly multicall?: boolean;
  /** The most calls of a multicall. Default 1,000: a request of 8 MiB could hold fifty times that. */
  readonly maxMulticalls?: number;
  /** Whether the message of an error that is no `RpcFault` is told to the caller. Default false: it may hold what is none of theirs. */
  readonly exposeErrors?: boolean;
  /** Told each error of a procedure that is no `RpcFault`, and each result that could not be written. Default: nobody is. */
  readonly onError?: (error: unknown, method: string) => void;
}

/** Where a request comes from. */
export interface XmlRpcCallOrigin {
  /** The call's {@link CallContext.signal}: aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
  /** Told what the dispatcher's `onError` would be. */
  readonly onError?: ((error: unknown, method: string) => void) | undefined;
}

/**
 * Answers XML-RPC requests with a service: bytes in, bytes out, whatever carries them. Every request gets an answer; faults have the codes
 * of the "Specification for Fault Code Interoperability":
 *
 * | code | when |
 * |---|---|
 * | -32700 | the request is not well-formed XML |
 * | -32600 | it is no `methodCall`, or above the limits |
 * | -32601 | no such procedure |
 * | -32602 | the parameters are not what the procedure takes |
 * | -32603 | the procedure failed, or its result has no form in XML-RPC |
 * | any other | the {@link RpcFault} that the procedure threw |
 */
export class XmlRpcDispatcher {
  readonly #service: Service;
  readonly #settings: WriteSettings;
  readonly #system: SystemProcedures;
  readonly #hasMulticall: boolean;
  readonly #maxMulticalls: number;
  readonly #exposeErrors: boolean;
  readonly #onError: (error: unknown, method: string) => void;

  /** @throws RpcUsageError for a limit that is none, and for what `service()` did not make */
  constructor(service: Service, options: XmlRpcDispatcherOptions = {}) {
    const { introspection = false, multicall = false, maxMulticalls = 1000, exposeErrors = false } = options;
    if (!Number.isSafeInteger(maxMulticalls) || maxMulticalls < 0) {
      throw new RpcUsageError(`maxMulticalls is ${String(maxMulticalls)}, expected a whole number`);
    }
    this.#service = requireService(service);
    this.#settings = settleWriting(options);
    this.#hasMulticall = multicall;
    this.#system = new SystemProcedures(service, introspection, multicall);
    this.#maxMulticalls = maxMulticalls;
    this.#exposeErrors = exposeErrors;
    this.#onError = options.onError ?? (() => undefined);
  }

  /** The most bytes of a request: what carries them need not read on. */
  get maxBytes(): number {
    return this.#settings.limits.maxBytes;
  }

  /** Runs a request and answers it. A promise only where the procedure made one, or for a multicall. Never throws, never rejects. */
  dispatch(request: Uint8Array | string, origin: XmlRpcCallOrigin = {}): Uint8Array | Promise<Uint8Array> {
    let method = '';
    try {
      const call = readCall(request, this.#settings.limits);
      ({ method } = call);
      if (this.#isMulticall(method)) {
        return this.#multicall(call.params, origin).catch((error: unknown) =>
          this.#fail(error, method, origin),
        );
      }
      const result = this.#run(method, call.params, origin);
      if (!isPromise(result)) return writeResponse(result, this.#settings);
      return result
        .then((value) => writeResponse(value, this.#settings))
        .catch((error: unknown) => this.#fail(error, method, origin));
    } catch (error) {
      return this.#fail(error, method, origin);
    }
  }

  /** The procedures of the service come first: it may have its own `system.listMethods`. */
  #run(method: string, params: readonly unknown[], origin: XmlRpcCallOrigin): unknown {
    const procedure = this.#service.procedures.get(method);
    if (procedure !== undefined) return procedure.call(params, new Context(method, origin));
    const system = this.#system.find(method);
    if (system === undefined) throw new RpcFault(faultCodes.methodNotFound, 'Method not found');
    return system(params);
  }

  #isMulticall(method: string): boolean {
    return this.#hasMulticall && method === multicallName && !this.#service.procedures.has(method);
  }

  /**
   * One call after the other, for one may rest on what another did. Each result is an array of one, each failure the struct of a fault,
   * a result that cannot be written included. When the client has left, what is not begun is not run.
   */
  async #multicall(params: readonly unknown[], origin: XmlRpcCallOrigin): Promise<Uint8Array> {
    const [calls] = params;
    if (params.length !== 1 || !Array.isArray(calls)) {
      throw new RpcFault(faultCodes.invalidParams, 'system.multicall takes one array of calls');
    }
    if (calls.length > this.#maxMulticalls) {
      throw new RpcFault(
        faultCodes.invalidRequest,
        `more than ${String(this.#maxMulticalls)} calls in a multicall`,
      );
    }
    const { limits } = this.#settings;
    const settings = { ...this.#settings, limits: { ...limits, maxDepth: limits.maxDepth - 1 } };
    const writer = new ValueWriter(settings, `${responseStart}<value><array><data>`);
    for (const call of calls as readonly unknown[]) {
      if (origin.signal?.aborted === true)
        throw new RpcFault(faultCodes.internalError, 'the client has left');
      const { position } = writer;
      let method = '';
      try {
        const { name, params: given } = this.#readCall(call);
        method = name;
        const result: unknown = await this.#run(name, given, origin);
        writer.value([result]);
        writer.refuseBeyondLimit();
      } catch (error) {
        writer.rollBack(position);
        writer.markup(`<value>${faultStruct(this.#toFault(error, method, origin))}</value>`);
      }
    }
    return writer.finish(`</data></array></value>${responseEnd}`);
  }

  #readCall(call: unknown): { name: string; params: readonly unknown[] } {
    const { methodName, params } =
      typeof call === 'object' && call !== null ? (call as Record<string, unknown>) : {};
    if (typeof methodName !== 'string' || !Array.isArray(params)) {
      throw new RpcFault(faultCodes.invalidRequest, 'a call is a struct of methodName and params');
    }
    if (this.#isMulticall(methodName)) {
      throw new RpcFault(faultCodes.invalidRequest, 'a multicall cannot hold another');
    }
    return { name: methodName, params };
  }

  #fail(error: unknown, method: string, origin: XmlRpcCallOrigin): Uint8Array {
    return encodeFault(this.#toFault(error, method, origin));
  }

  #toFault(error: unknown, method: string, origin: XmlRpcCallOrigin): RpcFault {
    if (error instanceof XmlRpcFormatError) return formatFault(error);
    if (!(error instanceof RpcFault)) (origin.onError ?? this.#onError)(error, method);
    return toFault(error, this.#exposeErrors);
  }
}

const multicallName = 'system.multicall';

/** The signal is asked for only where a procedure asks: a server may have to make it first. */
class Context implements CallContext {
  readonly method: string;
  readonly isNotification = false;
  readonly #origin: XmlRpcCallOrigin;
  #signal: AbortSignal | undefined;

  constructor(method: string, origin: XmlRpcCallOrigin) {
    this.method = method;
    this.#origin = origin;
  }

  get signal(): AbortSignal {
    this.#signal ??= this.#origin.signal ?? new AbortController().signal;
    return this.#signal;
  }
}

function formatFault(error: XmlRpcFormatError): RpcFault {
  const code = unparsable.has(error.code) ? faultCodes.parseError : faultCodes.invalidRequest;
  return new RpcFault(code, `${error.code}: ${error.message}`);
}

const unparsable: ReadonlySet<string> = new Set(['NOT_XML', 'TRUNCATED', 'DOCTYPE', 'UNSUPPORTED']);

function isPromise(value: unknown): value is Promise<unknown> {
  return (
    value instanceof Promise ||
    (typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function')
  );
}
