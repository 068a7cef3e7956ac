import { faultCodes, RpcUsageError } from '../../errors.ts';
import type { RpcFault } from '../../errors.ts';
import { escapedLossy } from './document-bytes.ts';
import { settleLimits, type SettledLimits, type XmlRpcLimits } from './limits.ts';
import { Ends, Slot } from './markup.ts';
import { ValueWriter } from './value-writer.ts';

/** How values become XML. */
export interface XmlRpcWriteOptions {
  /** Whether null and undefined may be written, as `<nil/>`. Default false, as in Python: it is an extension, and not every peer reads it. */
  readonly allowNone?: boolean;
  readonly limits?: XmlRpcLimits;
}

/**
 * A request, as UTF-8.
 *
 * @throws RpcUsageError for a method's name with control characters or markup, and for values that XML-RPC has no form for; RpcError
 *   `TOO_LARGE`
 */
export function encodeCall(
  method: string,
  params: readonly unknown[],
  options: XmlRpcWriteOptions = {},
): Uint8Array<ArrayBuffer> {
  return writeCall(method, params, settleWriting(options));
}

/**
 * The answer of a procedure, as UTF-8.
 *
 * @throws RpcUsageError for values that XML-RPC has no form for; RpcError `TOO_LARGE`
 */
export function encodeResponse(value: unknown, options: XmlRpcWriteOptions = {}): Uint8Array<ArrayBuffer> {
  return writeResponse(value, settleWriting(options));
}

/** The answer of a procedure that failed, as UTF-8. What XML cannot carry of its message becomes U+FFFD: a fault is always told. */
export function encodeFault(fault: RpcFault): Uint8Array<ArrayBuffer> {
  return Buffer.from(
    `${declaration}<methodResponse><fault><value>${faultStruct(fault)}</value></fault></methodResponse>\n`,
  );
}

/** {@link XmlRpcWriteOptions} with every default. */
export interface WriteSettings {
  readonly allowNone: boolean;
  readonly limits: SettledLimits;
}

export function settleWriting(options: XmlRpcWriteOptions): WriteSettings {
  return { allowNone: options.allowNone ?? false, limits: settleLimits(options.limits) };
}

/** {@link encodeCall} with options that were looked at before. */
export function writeCall(
  method: string,
  params: readonly unknown[],
  settings: WriteSettings,
): Uint8Array<ArrayBuffer> {
  if (!isMethodName(method)) {
    throw new RpcUsageError(`${JSON.stringify(method.slice(0, 80))} cannot be the name of a method`);
  }
  const writer = new ValueWriter(
    settings,
    `${declaration}<methodCall><methodName>${method}</methodName><params>`,
  );
  const slot = new Slot('<param><value>', new Ends('</value></param>'));
  for (const param of params) writer.value(param, slot);
  return writer.finish('</params></methodCall>\n');
}

/** {@link encodeResponse} with options that were looked at before. */
export function writeResponse(value: unknown, settings: WriteSettings): Uint8Array<ArrayBuffer> {
  const writer = new ValueWriter(settings, responseStart);
  writer.value(value);
  return writer.finish(responseEnd);
}

/** Around the one value of an answer. */
export const responseStart = '<?xml version="1.0"?>\n<methodResponse><params><param>';
export const responseEnd = '</param></params></methodResponse>\n';

/** The struct of a fault, in an answer of its own or among those of a multicall. */
export function faultStruct(fault: RpcFault): string {
  const code = (fault.code | 0) === fault.code ? fault.code : faultCodes.internalError;
  return (
    `<struct><member><name>faultCode</name><value><int>${String(code)}</int></value></member>` +
    `<member><name>faultString</name><value><string>${escapedLossy(fault.message)}</string></value></member></struct>`
  );
}

/** Any name without markup, quotes and control characters: the specification has fewer, but Python's servers have `größe`. */
function isMethodName(name: string): boolean {
  return name !== '' && !/[<>&"'\0-\x20\x7f-\x9f\ufffe\uffff]|\p{Surrogate}/u.test(name);
}

const declaration = '<?xml version="1.0"?>\n';
