import { readdirSync, readFileSync, statSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import './short-text-contract.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The examples of the README are the other files of this folder, word for word. */
test('every example of the README is a file here, and the other way round', () => {
  const inReadme = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  const files = readdirSync(new URL('.', import.meta.url)).filter((name) => !name.includes('.test.'));
  const here = files.map((name) => readFileSync(new URL(name, import.meta.url), 'utf8'));
  expect(inReadme.toSorted()).toEqual(here.toSorted());
});

const { size } = statSync(process.execPath);

test.each<[string, () => Promise<unknown>, unknown[][]]>([
  ['example.ts', () => import('./example.ts'), [['Hello']]],
  ['oversize.ts', () => import('./oversize.ts'), [['one'], ['dropped 23 bytes'], ['two']]],
  [
    'records.ts',
    () => import('./records.ts'),
    [
      [0, 1, 2, 0, 0, 0, 0, 3],
      [1, 7, 2],
    ],
  ],
  ['redis.ts', () => import('./redis.ts'), [['OK', 'hello', 'ERR']]],
  ['stomp.ts', () => import('./stomp.ts'), [['SEND', '/queue/a'], ['alive']]],
  ['compose.ts', () => import('./compose.ts'), [['HELLO'], ['START'], ['1970-01-01T00:00:00.000Z']]],
  ['requests.ts', () => import('./requests.ts'), [[{ echo: { hello: 1 } }]]],
  ['gateway.ts', () => import('./gateway.ts'), [['HELLO']]],
  ['channels.ts', () => import('./channels.ts'), [['It rains.'], ['It stops.']]],
  [
    'large-frames.ts',
    () => import('./large-frames.ts'),
    [
      ['announced', size],
      ['received', size],
    ],
  ],
  ['web-streams.ts', () => import('./web-streams.ts'), [['Hello'], ['world']]],
  ['node-streams.ts', () => import('./node-streams.ts'), [['Hello'], ['world']]],
])('%s prints what it says it does', async (_, run, lines) => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    await run();
    expect(log.mock.calls).toEqual(lines);
  } finally {
    log.mockRestore();
  }
});

test.each(['index.ts', 'codecs/index.ts', 'adapters/node-streams.ts', 'testing/index.ts'])(
  'every value and type that src/%s exports stands in the README',
  (file) => {
    const source = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8');
    const listed = [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = '']) =>
      names.split(',').map((name) => name.replace('type ', '').trim()),
    );
    const declared = [...source.matchAll(/^export (?:function|class|interface|type) (\w+)/gm)].map(
      ([, name = '']) => name,
    );
    const names = [...listed, ...declared].filter((name) => name !== '');
    expect(names.length).toBeGreaterThan(1);
    expect(names.filter((name) => !new RegExp(`\`${name}\\b`).test(readme))).toEqual([]);
  },
);
