import { decodeResponse } from '../../../src/wires/xml-rpc/decoder.ts';
import { XmlRpcFormatError } from '../../../src/wires/xml-rpc/errors.ts';
import type { XmlRpcLimits } from '../../../src/wires/xml-rpc/limits.ts';
import type { XmlRpcValue } from '../../../src/wires/xml-rpc/values.ts';

/** An answer around what stands inside `<value>`. */
export function response(value: string): string {
  return `<?xml version="1.0"?><methodResponse><params><param><value>${value}</value></param></params></methodResponse>`;
}

/** The value that the markup inside `<value>` stands for. */
export function decoded(value: string, limits?: XmlRpcLimits): XmlRpcValue {
  return decodeResponse(Buffer.from(response(value)), limits);
}

/** The code a function fails with: of a format error alone, all others are let through. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof XmlRpcFormatError) return error.code;
    throw error;
  }
  return 'none';
}
