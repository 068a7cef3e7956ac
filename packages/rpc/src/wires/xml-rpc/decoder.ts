import { RpcFault } from '../../errors.ts';
import { XmlRpcFormatError } from './errors.ts';
import { settleLimits, type SettledLimits, type XmlRpcLimits } from './limits.ts';
import { scan } from './prolog.ts';
import { tag } from './tags.ts';
import { ValueReader } from './value-reader.ts';
import type { XmlRpcValue } from './values.ts';

/** A `<methodCall>`. */
export interface XmlRpcCall {
  readonly method: string;
  readonly params: XmlRpcValue[];
}

/**
 * Reads a request.
 *
 * @throws XmlRpcFormatError, whose codes are told there
 */
export function decodeCall(document: Uint8Array | string, limits?: XmlRpcLimits): XmlRpcCall {
  return readCall(document, settleLimits(limits));
}

/**
 * Reads an answer: the value of the procedure.
 *
 * @throws RpcFault, if that is the answer; XmlRpcFormatError
 */
export function decodeResponse(document: Uint8Array | string, limits?: XmlRpcLimits): XmlRpcValue {
  return readResponse(document, settleLimits(limits));
}

/** {@link decodeCall} with limits that were looked at before. */
export function readCall(document: Uint8Array | string, limits: SettledLimits): XmlRpcCall {
  const scanner = scan(document, limits.maxBytes);
  scanner.root(tags.methodCall);
  scanner.open(tags.methodName);
  const method = scanner.text();
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (method === '' || /[\0-\x1f\x7f]/.test(method)) scanner.fail('BAD_STRUCTURE', 'no name of a method');
  scanner.end(tags.methodName);
  const params = new ValueReader(scanner, limits).params();
  scanner.end(tags.methodCall);
  scanner.finish();
  return { method, params };
}

/** {@link decodeResponse} with limits that were looked at before. */
export function readResponse(document: Uint8Array | string, limits: SettledLimits): XmlRpcValue {
  const scanner = scan(document, limits.maxBytes);
  scanner.root(tags.methodResponse);
  const reader = new ValueReader(scanner, limits);
  const isFault = scanner.tryStart(tags.fault);
  if (isFault) {
    scanner.requireContent(tags.fault);
    const at = scanner.position;
    const fault = reader.value();
    scanner.end(tags.fault);
    scanner.end(tags.methodResponse);
    scanner.finish();
    throw (
      toRpcFault(fault) ??
      new XmlRpcFormatError('BAD_STRUCTURE', 'a fault without faultCode and faultString', at)
    );
  }
  const at = scanner.position;
  const params = reader.params();
  scanner.end(tags.methodResponse);
  scanner.finish();
  if (params.length !== 1) scanner.fail('BAD_STRUCTURE', 'an answer is one value', at);
  return params[0] as XmlRpcValue;
}

/** A struct that says what went wrong, in an answer or in one of a multicall's; `undefined` for any other value. */
export function toRpcFault(value: XmlRpcValue): RpcFault | undefined {
  if (typeof value !== 'object' || value === null || !('faultCode' in value)) return undefined;
  const { faultCode, faultString } = value;
  return typeof faultCode === 'number' && typeof faultString === 'string'
    ? new RpcFault(faultCode, faultString)
    : undefined;
}

const tags = {
  methodCall: tag('methodCall'),
  methodName: tag('methodName'),
  methodResponse: tag('methodResponse'),
  fault: tag('fault'),
} as const;
