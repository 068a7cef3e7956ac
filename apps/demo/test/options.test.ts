import { describe, expect, test } from 'vitest';
import { optionsFrom } from '../src/options.ts';

describe('the arguments', () => {
  test('are loopback and port 8000 by default, which may be another where it is in use', () => {
    expect(optionsFrom([])).toEqual({ host: '127.0.0.1', port: 8000, isPortFixed: false });
  });

  test('fix the port they name', () => {
    expect(optionsFrom(['--host', '::1', '--port=9000'])).toEqual({
      host: '::1',
      port: 9000,
      isPortFixed: true,
    });
  });

  test('may ask for help instead', () => {
    expect(optionsFrom(['-h'])).toBeUndefined();
  });

  test.each([
    ['--port=x'],
    ['--port='],
    ['--port=-1'],
    ['--port=65533'],
    ['--port=1e3'],
    ['--nonsense'],
    ['more'],
  ])('are refused: %s', (argument) => {
    expect(() => optionsFrom([argument])).toThrow();
  });
});
