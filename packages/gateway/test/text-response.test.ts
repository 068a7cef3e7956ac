import { expect, test } from 'vitest';
import { textResponse } from '@wirestack/gateway';
import { ask, serving } from './peer.ts';

test('textResponse answers with the status as text, and with the headers that it is given', async () => {
  const { address } = await serving((_environ, startResponse) =>
    textResponse(startResponse, '503 Later', [['Retry-After', '5']]),
  );
  const reply = await ask(address, 'GET /');
  expect(reply).toMatchObject({ statusLine: 'HTTP/1.1 503 Later', body: '503 Later\n' });
  expect(reply.header('content-type')).toBe('text/plain; charset=utf-8');
  expect(reply.header('retry-after')).toBe('5');
});
