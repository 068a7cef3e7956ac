import { delimiter, headers, lengthPrefix, type Codec } from '@wirestack/framing';
import { faultCodes, RpcFault, RpcUsageError } from '../../errors.ts';
import type { CallId, Packet, Wire } from '../../wire.ts';
import { parseJson, stringify } from './json.ts';

export interface JsonRpcOptions {
  /**
   * Where one message ends: `'length-prefix'` (four bytes, big-endian), `'newline'` (one message a line), `'content-length'` (header fields
   * as in LSP), or any codec of frames. Default `'length-prefix'`: nothing has to be searched for.
   */
  readonly framing?: 'length-prefix' | 'newline' | 'content-length' | Codec<Uint8Array>;
  /** The longest message, both ways. Default 8 MiB, as {@link lengthPrefix}. A codec that is given has its own. */
  readonly maxBytes?: number;
  /** How deep arrays and objects may nest in a message. Default 512; V8 itself fails near 10,000 when such a value is written. */
  readonly maxDepth?: number;
  /** The most messages of a batch that comes in. Default 1,000. */
  readonly maxBatch?: number;
  /**
   * How a call with one plain object as its only parameter is sent: `'positional'` (default) in an array as any other, `'named'` as the
   * object itself, which JSON-RPC calls by-name parameters; LSP wants that.
   */
  readonly params?: 'positional' | 'named';
  /** The notification that cancels a call, with `{ id }`. Default `'$/cancelRequest'`, LSP's; false to send and heed none. */
  readonly cancelMethod?: string | false;
}

/**
 * JSON-RPC 2.0 for any {@link ByteStream}: https://www.jsonrpc.org/specification. Parameters by position are the procedure's own; an object
 * by name is given as its only one, unless the procedure names its parameters (`method`, option `names`).
 *
 * @throws RpcUsageError for a limit that is no whole number of 1 or more.
 */
export function jsonRpc(options: JsonRpcOptions = {}): Wire {
  const { maxBytes = 8 * 1024 * 1024, maxDepth = 512, maxBatch = 1000, params = 'positional' } = options;
  const { framing = 'length-prefix', cancelMethod = '$/cancelRequest' } = options;
  for (const [name, value] of Object.entries({ maxBytes, maxDepth, maxBatch })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RpcUsageError(`${name} is ${String(value)}, expected a whole number of 1 or more`);
    }
  }
  return new JsonRpcWire(codecOf(framing, maxBytes), {
    maxDepth,
    maxBatch,
    named: params === 'named',
    cancelMethod: cancelMethod === false ? undefined : cancelMethod,
  });
}

function codecOf(framing: NonNullable<JsonRpcOptions['framing']>, maxBytes: number): Codec<Uint8Array> {
  if (framing === 'newline') return delimiter('\n', { maxBytes, unterminated: 'frame' });
  if (framing === 'content-length') return headers({ maxBytes });
  return framing === 'length-prefix' ? lengthPrefix({ maxBytes }) : framing;
}

interface Settings {
  readonly maxDepth: number;
  readonly maxBatch: number;
  readonly named: boolean;
  readonly cancelMethod: string | undefined;
}

class JsonRpcWire implements Wire {
  readonly name = 'json-rpc';
  readonly framing: Codec<Uint8Array>;
  readonly #settings: Settings;
  /** Method names as JSON: writing one takes longer than finding it. */
  readonly #quoted = new Map<string, string>();

  constructor(framing: Codec<Uint8Array>, settings: Settings) {
    this.framing = framing;
    this.#settings = settings;
    if (settings.cancelMethod === undefined) Object.defineProperty(this, 'cancel', { value: undefined });
  }

  decode(message: Uint8Array): Packet | readonly Packet[] {
    const { maxDepth, maxBatch } = this.#settings;
    let value: unknown;
    try {
      value = parseJson(message, maxDepth);
    } catch (error) {
      return invalid(null, faultCodes.parseError, `Parse error: ${(error as Error).message}`);
    }
    if (!Array.isArray(value)) return this.#packet(value);
    if (value.length === 0)
      return invalid(null, faultCodes.invalidRequest, 'Invalid Request: an empty batch');
    if (value.length > maxBatch) {
      const more = `a batch of ${String(value.length)}, the limit is ${String(maxBatch)}`;
      return invalid(null, faultCodes.invalidRequest, `Invalid Request: ${more}`);
    }
    return value.map((one) => this.#packet(one));
  }

  call(id: number, method: string, params: readonly unknown[]): string {
    return `{"jsonrpc":"2.0","id":${String(id)},"method":${this.#quote(method)}${this.#params(params)}}`;
  }

  notification(method: string, params: readonly unknown[]): string {
    return `{"jsonrpc":"2.0","method":${this.#quote(method)}${this.#params(params)}}`;
  }

  cancel?(id: number): string {
    const method = JSON.stringify(this.#settings.cancelMethod);
    return `{"jsonrpc":"2.0","method":${method},"params":{"id":${String(id)}}}`;
  }

  result(id: CallId, value: unknown): string {
    return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${stringify(value)}}`;
  }

  fault(id: CallId, fault: RpcFault): string {
    const data = fault.data === undefined ? '' : `,"data":${stringify(fault.data)}`;
    // A fault passed on may hold any number, also one that JSON has no form for.
    const code = Number.isSafeInteger(fault.code) ? fault.code : faultCodes.internalError;
    const error = `{"code":${String(code)},"message":${JSON.stringify(fault.message)}${data}}`;
    return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${error}}`;
  }

  batch(messages: readonly string[]): string {
    return `[${messages.join(',')}]`;
  }

  #quote(method: string): string {
    let quoted = this.#quoted.get(method);
    if (quoted === undefined) {
      quoted = JSON.stringify(method);
      // Names made up call by call must not gather here.
      if (this.#quoted.size < 1000) this.#quoted.set(method, quoted);
    }
    return quoted;
  }

  #params(params: readonly unknown[]): string {
    const [first] = params;
    if (this.#settings.named) {
      if (params.length === 0) return '';
      if (params.length === 1 && isObject(first)) {
        const text = stringify(first);
        // Not every object is written as one: a Date is a string, which is no form of parameters.
        return `,"params":${text.startsWith('{') ? text : `[${text}]`}`;
      }
    }
    return `,"params":${stringify(params)}`;
  }

  #packet(value: unknown): Packet {
    if (!isObject(value)) return invalid(null, faultCodes.invalidRequest, 'Invalid Request');
    const { jsonrpc, id, method, params, error } = value;
    if (method === undefined && ('result' in value || error !== undefined)) return response(value, id, error);
    const isIdValid = id === undefined || id === null || typeof id === 'string' || isExact(id);
    const callId = isIdValid ? id : null;
    const isValid = isIdValid && jsonrpc === '2.0' && typeof method === 'string';
    if (!isValid || !(params === undefined || (typeof params === 'object' && params !== null))) {
      return invalid(callId ?? null, faultCodes.invalidRequest, 'Invalid Request');
    }
    if (callId === undefined && method === this.#settings.cancelMethod) return cancellation(params);
    if (Array.isArray(params)) return { kind: 'call', id: callId, method, params, named: false };
    const named = params !== undefined;
    return { kind: 'call', id: callId, method, params: named ? [params] : [], named };
  }
}

/** A number that was rounded as it was read is an id that the caller has not given: its answer would find nobody. */
function isExact(id: unknown): id is number {
  return typeof id === 'number' && Math.abs(id) <= Number.MAX_SAFE_INTEGER;
}

function response(value: object, id: unknown, error: unknown): Packet {
  if (!(id === null || typeof id === 'number' || typeof id === 'string')) {
    return {
      kind: 'fault',
      id: null,
      fault: new RpcFault(faultCodes.invalidRequest, 'a response without an id'),
    };
  }
  if (error === undefined || error === null) {
    return { kind: 'result', id, value: (value as { result: unknown }).result };
  }
  const { code, message, data } = error as Readonly<Record<string, unknown>>;
  const number = Number.isSafeInteger(code) ? (code as number) : faultCodes.internalError;
  return { kind: 'fault', id, fault: new RpcFault(number, typeof message === 'string' ? message : '', data) };
}

function cancellation(params: unknown): Packet {
  const id: unknown = isObject(params) ? params['id'] : undefined;
  const isId = typeof id === 'string' || typeof id === 'number';
  // A notification that is no good has no answer: cancelling nothing is the same as nothing.
  return { kind: 'cancel', id: isId ? id : null };
}

function invalid(id: CallId, code: number, message: string): Packet {
  return { kind: 'invalid', id, fault: new RpcFault(code, message) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
