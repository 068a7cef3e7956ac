import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { explained } from '../src/run/loading-error.ts';
import { moduleOf } from './run-module.ts';

describe('what kept a module from being loaded', () => {
  it('a line that is no JavaScript is shown', async () => {
    const path = await moduleOf('export const app = 1;\nexport const b = (;\n');
    const { message } = explained(new SyntaxError("Unexpected token ';'"), urlOf(path));
    expect(message).toMatch(/app\.mjs does not load\n.*app\.mjs:2\nexport const b = \(;\n +\^\n+SyntaxError/);
  });

  it('where the file itself is sound, the stack says which one is not', async () => {
    const path = await moduleOf('export {}');
    const error = new SyntaxError('x');
    error.stack =
      'file:///other.mjs:3\nimport { no } from "./a.mjs"\nSyntaxError: x\n    at f (node:internal/modules/esm/loader:1:2)';
    expect(explained(error, urlOf(path)).message).toMatch(
      /does not load\nfile:\/\/\/other\.mjs:3\n.*\nSyntaxError: x$/,
    );
  });

  it('TypeScript wants a Node that loads it', () => {
    const error = Object.assign(new TypeError('Unknown file extension ".ts" for /a/app.ts'), {
      code: 'ERR_UNKNOWN_FILE_EXTENSION',
    });
    const { message } = explained(error, 'file:///a/app.ts');
    expect(message).toContain('/a/app.ts is TypeScript, which Node');
    expect(message).toContain('22.18');
  });

  it('what is thrown and is no error is told as text', () => {
    expect(explained('no', 'file:///a/app.js').message).toBe('/a/app.js threw no as it was loaded');
  });

  it('a TypeError of the module has its stack, one about its exports has none', () => {
    const own = new TypeError('x is not a function');
    own.stack =
      'TypeError: x is not a function\n    at file:///a/app.js:1:1\n    at f (node:internal/modules/esm/a:1:2)';
    expect(explained(own, 'file:///a/app.js').message).toBe(
      '/a/app.js threw as it was loaded\nTypeError: x is not a function\n    at file:///a/app.js:1:1',
    );
    const ours = new TypeError('/a/app.js exports no app');
    expect(explained(ours, 'file:///a/app.js').message).toBe('/a/app.js exports no app');
  });
});

function urlOf(path: string): string {
  return pathToFileURL(path).href;
}
