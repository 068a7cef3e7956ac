import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

test.each(['client.ts', 'compose.ts', 'protocol.ts', 'services.ts'])(
  'the README shows %s, which the type checker reads, word for word',
  (name) => {
    const code = readFileSync(new URL(`../readme/${name}`, import.meta.url), 'utf8');
    expect(readme).toContain(`\`\`\`ts\n${code}\`\`\``);
  },
);

test('the protocol alone answers as the README says', async () => {
  const { bytes, head } = await import('../readme/protocol.ts');
  expect(head).toMatchObject({ type: 'head', method: 'GET', target: '/' });
  expect(bytes).toBe('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n');
});
