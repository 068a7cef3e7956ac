import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { expect, test } from 'vitest';
import { allowedDependencies, layers, layersRule, objection, requireRows } from './layers.js';

const root = new URL('..', import.meta.url).pathname;
const packages = readdirSync(join(root, 'packages'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const forbidden: [file: string, specifier: string, typeOnly?: boolean][] = [
  ['packages/socket/src/address.ts', '@wirestack/framing'],
  ['packages/socket/src/address.ts', '@wirestack/http', true],
  ['packages/socket/src/address.ts', '@wirestack/socket'],
  ['packages/socket/src/address.ts', 'node:net'],
  ['packages/socket/src/address.ts', 'net', true],
  ['packages/socket/src/streams/read-queue.ts', '../testing/index.ts'],
  ['packages/socket/src/listen.ts', 'node:http'],
  ['packages/socket/test/address.test.ts', '@wirestack/http'],
  ['packages/framing/src/codec.ts', '@wirestack/socket', true],
  ['packages/framing/src/framed.ts', '@wirestack/socket'],
  ['packages/framing/src/framed.ts', '@wirestack/socket/testing', true],
  ['packages/framing/src/framed.ts', '@wirestack/http', true],
  ['packages/framing/src/byte-queue.ts', 'node:buffer'],
  ['packages/framing/src/byte-queue.ts', 'buffer', true],
  ['packages/framing/src/codecs/delimiter.ts', 'node:assert/strict'],
  ['packages/framing/src/codecs/delimiter.ts', 'some-library'],
  ['packages/framing/src/testing/check-codec.ts', 'node:fs'],
  ['packages/http/src/protocol/connection.ts', '@wirestack/socket', true],
  ['packages/http/src/protocol/connection.ts', '@wirestack/framing'],
  ['packages/http/src/protocol/connection.ts', 'node:buffer'],
  ['packages/http/src/protocol/connection.ts', '../server/server.ts'],
  ['packages/http/src/headers.ts', 'node:util'],
  ['packages/http/src/headers.ts', './server/server.ts'],
  ['packages/http/src/server/server.ts', '@wirestack/gateway', true],
  ['packages/http/src/server/server.ts', '@wirestack/socket/testing'],
  ['packages/http/src/server/server.ts', '@wirestack/socket/dist/listen.js'],
  ['packages/http/src/server/server.ts', 'node:tls'],
  ['packages/http/src/server/server.ts', '../../test/server/harness.ts'],
  ['packages/http/bench/server.bench.ts', '@wirestack/socket/testing'],
  ['packages/gateway/src/server.ts', '../../http/src/server/server.ts'],
  ['packages/gateway/test/server.test.ts', '../../http/src/server/server.ts'],
  ['packages/gateway/src/server.ts', 'node:dgram'],
  ['packages/gateway/src/server.ts', 'node:http'],
  ['packages/gateway/src/run.ts', '@wirestack/http'],
  ['packages/gateway/src/run.ts', './server.ts'],
  ['packages/gateway/src/run.ts', '@wirestack/socket'],
  ['packages/gateway/src/start-response.ts', '@wirestack/http/server'],
  ['packages/gateway/src/file-wrapper.ts', 'node:fs/promises', true],
  ['packages/gateway/src/adapters/lambda/lambda.ts', 'node:http'],
  ['packages/rpc/src/serve.ts', '@wirestack/http'],
  ['packages/dns/src/server.ts', '@wirestack/http', true],
  ['apps/demo/src/main.ts', '@wirestack/http/dist/index.js'],
  ['apps/demo/src/main.ts', '@wirestack/socket/testing'],
  ['apps/demo/src/main.ts', '../../../packages/http/src/index.ts'],
  ['examples/01-tcp-echo/server.js', '../../packages/socket/dist/index.js'],
  ['examples/01-tcp-echo/server.js', '@wirestack/framing/testing'],
  ['bench/http/main.js', '@wirestack/http/src/index.ts'],
  ['conformance/demo/curl.test.ts', '../../packages/http/src/index.ts'],
];

const allowed: [file: string, specifier: string, typeOnly?: boolean][] = [
  ['packages/socket/src/listening/port.ts', 'node:net'],
  ['packages/socket/src/dial.ts', 'node:net'],
  ['packages/socket/src/datagrams/open-datagram-socket.ts', 'node:dgram'],
  ['packages/socket/src/address.ts', 'node:path'],
  ['packages/socket/src/testing/check-push.ts', 'node:assert/strict'],
  ['packages/socket/test/listen.test.ts', 'node:net'],
  ['packages/framing/src/framed.ts', '@wirestack/socket', true],
  ['packages/framing/src/testing/check-codec.ts', 'node:assert/strict'],
  ['packages/framing/src/codecs/delimiter.ts', '../codec.ts'],
  ['packages/framing/test/framed.test.ts', '@wirestack/socket'],
  ['packages/http/src/protocol/request-parser.ts', '@wirestack/framing/codecs', true],
  ['packages/http/src/protocol/request-parser.ts', '../errors.ts'],
  ['packages/http/src/server/server.ts', '@wirestack/socket'],
  ['packages/http/test/server/server.test.ts', '@wirestack/socket/testing'],
  ['packages/http/test/server/server.test.ts', '../../src/server/server.ts'],
  ['packages/gateway/src/server.ts', '@wirestack/http/protocol'],
  ['packages/gateway/src/start-response.ts', '@wirestack/http/protocol'],
  ['packages/gateway/src/run.ts', '@wirestack/http', true],
  ['packages/gateway/src/adapters/node/from-node-listener.ts', 'node:http'],
  ['packages/gateway/src/server.ts', '@wirestack/framing'],
  ['packages/gateway/src/node-listener.ts', 'node:http', true],
  ['apps/demo/src/main.ts', '@wirestack/http/protocol'],
  ['conformance/demo/curl.test.ts', '@wirestack/socket/testing'],
];

test.each(forbidden)('%s may not import %s (as a type: %s)', (file, specifier, typeOnly) => {
  expect(objection(file, specifier, typeOnly)).toBeTypeOf('string');
});

test.each(allowed)('%s may import %s (as a type: %s)', (file, specifier, typeOnly) => {
  expect(objection(file, specifier, typeOnly)).toBeUndefined();
});

test.each([
  "import '@wirestack/http';",
  "import { type Handler } from '@wirestack/http';",
  "export * from '@wirestack/http';",
  "export { createServer } from '@wirestack/http';",
  "export const http = import('@wirestack/http');",
  "export type Http = typeof import('@wirestack/http');",
  "import http = require('@wirestack/http');",
  "require('node:net');",
  "process.getBuiltinModule('node:net');",
  "const name = 'x'; import(name);",
  "import { type Socket } from 'node:net'; export type S = Socket;",
])('lint sees %s', async (code) => {
  const eslint = new ESLint({
    cwd: root,
    overrideConfigFile: true,
    overrideConfig: {
      files: ['**/*.ts'],
      languageOptions: { parser: tseslint.parser },
      plugins: { wirestack: { rules: { layers: layersRule } } },
      rules: { 'wirestack/layers': 'error' },
    },
  });
  const [result] = await eslint.lintText(code, { filePath: 'packages/socket/src/address.ts' });
  expect(result?.messages.map(({ ruleId }) => ruleId)).toEqual(['wirestack/layers']);
});

test.each([
  'packages/framing/src/framed.ts',
  'packages/http/test/any.test.ts',
  'packages/socket/bench/any.bench.ts',
  'apps/demo/src/main.ts',
  'examples/any/server.js',
  'bench/http/main.js',
  'conformance/any.test.ts',
])('the law is an error in %s', async (file) => {
  const config = (await new ESLint({ cwd: root }).calculateConfigForFile(file)) as {
    rules: Record<string, unknown>;
  };
  expect(config.rules['wirestack/layers']).toEqual([2]);
});

test('a package without a row is an error that names it', () => {
  expect(() => {
    requireRows(['socket', 'smtp']);
  }).toThrow('packages/smtp: not in the table of layers');
  requireRows(packages);
});

test('the table has no cycle', () => {
  const visit = (name: string, trail: readonly string[]): void => {
    expect(trail).not.toContain(name);
    for (const next of allowedDependencies(name)) visit(next, [...trail, name]);
  };
  for (const name of Object.keys(layers)) visit(name, []);
});

test.each(packages)('packages/%s depends on nothing that the table does not allow', (name) => {
  const { dependencies = {}, peerDependencies = {} } = JSON.parse(
    readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'),
  ) as Partial<Record<'dependencies' | 'peerDependencies', Record<string, string>>>;
  const siblings = Object.keys({ ...dependencies, ...peerDependencies }).filter((key) =>
    key.startsWith('@wirestack/'),
  );
  for (const sibling of siblings)
    expect(allowedDependencies(name)).toContain(sibling.slice('@wirestack/'.length));
});

test.each(packages)('files of packages/%s do not wait for each other: no cycle at run time', (name) => {
  const src = join(root, 'packages', name, 'src');
  const imports = new Map<string, string[]>();
  for (const path of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts')) continue;
    const file = join(src, path);
    const statements = readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)(?! type\b)(?:[^;'"]*? from)? '(\.[^']+)'/gm,
    );
    imports.set(
      file,
      Array.from(statements, (match) => join(dirname(file), match[1] ?? '')),
    );
  }
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    expect(trail).not.toContain(file);
    expect(existsSync(file), file).toBe(true);
    if (done.has(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
});
