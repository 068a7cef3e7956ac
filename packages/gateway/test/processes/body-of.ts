import type { GatewayResponse } from '../../src/run.ts';

/** The body as text, as a server would send it. */
export async function bodyOf(response: GatewayResponse): Promise<string> {
  const { body } = response as { body?: string | Uint8Array | AsyncIterable<Uint8Array | string> };
  if (body === undefined) return '';
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body).toString();
  let text = '';
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  return text;
}
