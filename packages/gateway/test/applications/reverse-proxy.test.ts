import { describe, expect, it } from 'vitest';
import { reverseProxy } from '@wirestack/gateway/reverse-proxy';
import { ask, serving } from '../peer.ts';

describe('a request', () => {
  it('goes to the server, and its answer comes back', async () => {
    const seen: unknown[] = [];
    const upstream = await serving((environ, startResponse) => {
      seen.push(environ.REQUEST_URI, environ['wirestack.raw_headers']);
      startResponse('201 Made', [['X-A', '1'], ['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2']]);
      return ['made'];
    });
    const { address, errors } = await serving(reverseProxy(`${upstream.url}/base`));
    const reply = await ask(address, 'GET /a%2Fb?q=1', 'X-B: 2', 'Forwarded: for=evil');
    expect(errors).toEqual([]);
    expect(reply.statusLine).toBe('HTTP/1.1 201 Made');
    expect(reply.body).toBe('made');
    expect(seen[0]).toBe('/base/a%2Fb?q=1');
  });
});
