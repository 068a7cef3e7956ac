import { ESLint } from 'eslint';
import { expect, test } from 'vitest';

/** Text that breaks or keeps the law of imports, in a file that exists, so that the type-aware parser knows it. */
const cases: { file: string; code: string; breaks: boolean }[] = [
  { file: 'packages/socket/src/address.ts', code: "import '@wirestack/http';", breaks: true },
  { file: 'packages/socket/src/address.ts', code: "import 'node:net';", breaks: true },
  { file: 'packages/socket/src/listen.ts', code: "import 'node:net';", breaks: false },
  { file: 'packages/framing/src/codec.ts', code: "import '@wirestack/socket';", breaks: true },
  { file: 'packages/framing/src/codecs/delimiter.ts', code: "import 'node:fs';", breaks: true },
  {
    file: 'packages/framing/src/framed.ts',
    code: "import type { ByteStream } from '@wirestack/socket'; export type S = ByteStream;",
    breaks: false,
  },
  { file: 'packages/framing/src/framed.ts', code: "import '@wirestack/socket';", breaks: true },
  { file: 'packages/http/src/protocol/input.ts', code: "import '@wirestack/socket';", breaks: true },
  { file: 'packages/http/src/protocol/input.ts', code: "import 'node:buffer';", breaks: true },
  { file: 'packages/http/src/server/server.ts', code: "import '@wirestack/socket';", breaks: false },
  { file: 'packages/http/src/server/server.ts', code: "import '@wirestack/gateway';", breaks: true },
  { file: 'packages/http/src/server/server.ts', code: "import '@wirestack/socket/testing';", breaks: true },
  { file: 'packages/gateway/src/server.ts', code: "import '../../http/src/server/server.ts';", breaks: true },
  { file: 'packages/gateway/src/server.ts', code: "import '@wirestack/http';", breaks: false },
  { file: 'apps/demo/src/main.ts', code: "import '@wirestack/http/dist/index.js';", breaks: true },
  { file: 'apps/demo/src/main.ts', code: "import '@wirestack/http/protocol';", breaks: false },
];

const eslint = new ESLint({ cwd: new URL('..', import.meta.url).pathname });

test.each(cases)(
  '$file with $code: forbidden is $breaks',
  { timeout: 120_000 },
  async ({ file, code, breaks }) => {
    const [result] = await eslint.lintText(code, { filePath: file });
    const found = result?.messages.some(({ ruleId }) => ruleId?.endsWith('no-restricted-imports') === true);
    expect(found).toBe(breaks);
  },
);
