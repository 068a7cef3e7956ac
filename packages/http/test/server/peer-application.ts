import type { HttpRequest, HttpResponse } from '@wirestack/http';
import { turn } from './harness.ts';

/** What every peer is served: the request as it was understood, or a body of some kind. */
export async function describeRequest(request: HttpRequest): Promise<HttpResponse> {
  const body = await request.bytes(100_000_000);
  if (request.path === '/large') return { status: 200, body: Buffer.alloc(3_000_000, 'large ') };
  if (request.path === '/pieces') return { status: 200, body: pieces(), trailers: () => [['X-Sum', '42']] };
  if (request.path === '/empty') return { status: 204 };
  return {
    status: 200,
    headers: [
      ['Content-Type', 'application/json'],
      ['X-Twice', 'a'],
      ['X-Twice', 'b'],
    ],
    body: JSON.stringify({ method: request.method, target: request.target, length: body.length }),
  };
}

async function* pieces(): AsyncGenerator<string> {
  for (const piece of ['one ', 'two ', 'three']) {
    await turn();
    yield piece;
  }
}
