import { describe, expect, it } from 'vitest';
import { runToEnd } from './console.ts';

describe('wirestack', () => {
  it('without a command says what there is, and that this was not it', async () => {
    const { code, out, err } = await runToEnd([]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('usage: wirestack COMMAND');
    expect(err).toMatch(/^ {2}serve .*\n {2}get /m);
  });

  it.each([['--help'], ['-h'], ['help']])('%s is no failure, and goes to standard output', async (flag) => {
    const { code, out, err } = await runToEnd([flag]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('usage: wirestack COMMAND');
  });

  it.each([
    [['help', 'serve'], 'usage: wirestack serve'],
    [['serve', '--help'], 'usage: wirestack serve'],
    [['get', '-h'], 'usage: wirestack get URL'],
  ])('%j tells of one command', async (args, text) => {
    const { code, out } = await runToEnd(args);
    expect(code).toBe(0);
    expect(out).toContain(text);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('every option of a command stands in its help', async () => {
    for (const [command, options] of [
      [
        'serve',
        [
          'port',
          'bind',
          'cgi',
          'no-listing',
          'spa',
          'dotfiles',
          'follow',
          'cors',
          'max-age',
          'no-compress',
          'tls',
          'cert',
          'key',
          'log',
          'quiet',
        ],
      ],
      [
        'get',
        [
          'method',
          'header',
          'data',
          'json',
          'form',
          'upload',
          'head',
          'user',
          'digest',
          'output',
          'remote-name',
          'continue',
          'no-redirect',
          'retry',
          'max-time',
          'connect-timeout',
          'proxy',
          'no-proxy',
          'unix-socket',
          'cacert',
          'insecure',
          'include',
          'verbose',
          'quiet',
        ],
      ],
    ] as const) {
      const { out } = await runToEnd([command, '--help']);
      for (const option of options) expect(out).toContain(`--${option}`);
    }
  });

  it('tells its version', async () => {
    const { code, out } = await runToEnd(['--version']);
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [['sevre'], 'there is no command "sevre"'],
    [['serve', '--prot', '1'], "Unknown option '--prot'"],
    [['serve', '--port', 'x'], '--port is "x", expected 0–65535'],
    [['serve', '--port', '70000'], '--port is "70000"'],
    [['serve', '--port', '1.5'], '--port is 1.5, which is no whole number'],
    [['serve', 'a', 'b'], 'one directory is expected, not 2'],
    [['serve', '/does/not/exist'], '/does/not/exist cannot be served'],
    [['serve', '/dev/null'], '/dev/null is no directory'],
    [['serve', '--log', 'xml'], '--log is "xml", expected common, combined or json'],
    [['serve', '--cert', 'a.pem'], '--cert and --key go together'],
    [['get'], 'a URL is expected'],
    [['get', 'http://'], 'is no URL'],
    [['get', 'ftp://127.0.0.1/'], 'is neither http nor https'],
    [['get', 'http://127.0.0.1/', '-d', 'a', '--json', '1'], '--data and --json are two bodies'],
    [['get', 'http://127.0.0.1/', '-F', 'a'], 'expected NAME=VALUE'],
    [['get', 'http://127.0.0.1/', '-H', 'a'], "expected 'NAME: VALUE'"],
    [['get', 'http://127.0.0.1/', '-u', 'a'], '--user is expected as NAME:PASSWORD'],
    [['get', 'http://127.0.0.1/', '--digest'], '--digest wants --user'],
    [['get', 'http://127.0.0.1/', '-C'], '--continue wants --output'],
    [['get', 'http://127.0.0.1/', '-O'], 'the URL ends without a name'],
    [['get', 'http://127.0.0.1/a', '-O', '-o', 'b'], '--output and --remote-name are two files'],
  ])('%j makes no sense: 2, and why', async (args, why) => {
    const { code, out, err } = await runToEnd(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(why);
  });
});
