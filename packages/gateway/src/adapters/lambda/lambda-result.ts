import { reasonPhrase } from '@wirestack/http/protocol';
import type { GatewayResponse } from '../../run.ts';
import type { LambdaEvent } from './lambda-event.ts';

/** What the gateways take. */
export interface LambdaResult {
  statusCode: number;
  statusDescription?: string;
  headers?: Record<string, string>;
  multiValueHeaders?: Record<string, string[]>;
  cookies?: string[];
  body: string;
  isBase64Encoded: boolean;
}

/** Writes a response in the form of the event: with lists where the fields came in lists, with cookies apart in format 2.0. */
export function resultFor(
  event: LambdaEvent,
): (status: number, headers: GatewayResponse['headers'], bytes: Uint8Array) => LambdaResult {
  return (status, headers, bytes) => {
    const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
    const isCoded = headers.some(([name]) => name.toLowerCase() === 'content-encoding');
    const text = isCoded || !isText(type) ? undefined : textOf(bytes);
    const result: LambdaResult = {
      statusCode: status,
      body: text ?? Buffer.from(bytes).toString('base64'),
      isBase64Encoded: text === undefined && bytes.length > 0,
    };
    const lists = new Map<string, string[]>();
    for (const [name, value] of headers) {
      const key = name.toLowerCase();
      const list = lists.get(key);
      if (list === undefined) lists.set(key, [value]);
      else list.push(value);
    }
    if (!('httpMethod' in event)) {
      const cookies = lists.get('set-cookie');
      lists.delete('set-cookie');
      if (cookies !== undefined) result.cookies = cookies;
      result.headers = joined(lists);
      return result;
    }
    const isLoadBalancer = event.requestContext.elb !== undefined;
    if (isLoadBalancer) result.statusDescription = `${String(status)} ${reasonPhrase(status)}`;
    // A load balancer takes the form that it sent only.
    const takesLists = !isLoadBalancer || (event.multiValueHeaders ?? undefined) !== undefined;
    if (takesLists) result.multiValueHeaders = Object.fromEntries(lists);
    else result.headers = joined(lists);
    return result;
  };
}

/** One value a name. Cookies cannot be joined: the last stands, as the load balancer would have it. */
function joined(lists: ReadonlyMap<string, string[]>): Record<string, string> {
  return Object.fromEntries(
    Array.from(lists, ([name, values]) => [
      name,
      name === 'set-cookie' ? (values.at(-1) ?? '') : values.join(', '),
    ]),
  );
}

function isText(type: string): boolean {
  return /^(?:text\/|application\/(?:json|javascript|xml|x-www-form-urlencoded)\b|[^;]*\+(?:json|xml)\b)/i.test(
    type,
  );
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
