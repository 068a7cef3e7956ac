import { expect, test } from 'vitest';
import { mount, type Application } from '@wirestack/gateway';
import { ask, serving } from './peer.ts';

/** Says its name and where it believes to be. */
const named =
  (name: string): Application =>
  (environ, startResponse) => {
    startResponse('200 OK', []);
    return [`${name} ${environ.SCRIPT_NAME}|${environ.PATH_INFO}`];
  };

async function answers(app: Application, target: string): Promise<string> {
  const { address } = await serving(app);
  const { status, body } = await ask(address, `GET ${target}`);
  return status === 200 ? body : String(status);
}

const site = mount({
  '/': named('root'),
  '/static': named('static'),
  '/static/img': named('img'),
  '/ä b': named('decoded'),
});

test.each([
  ['/', 'root |/'],
  ['/other', 'root |/other'],
  ['/static', 'static /static|'],
  ['/static/', 'static /static|/'],
  ['/static/a/b', 'static /static|/a/b'],
  ['/static//a', 'static /static|//a'],
  ['/staticX', 'root |/staticX'],
  ['/static.txt', 'root |/static.txt'],
  ['/Static', 'root |/Static'],
  ['//static', 'root |//static'],
  ['/x/static', 'root |/x/static'],
  ['/static/img', 'img /static/img|'],
  ['/static/img/x', 'img /static/img|/x'],
  ['/static/imgX', 'static /static|/imgX'],
  ['/%73tatic/x', 'static /static|/x'],
  ['/static%2Fx', 'static /static|/x'],
  ['/static/../x', 'static /static|/../x'],
  ['/static?/img', 'static /static|'],
])('%s → %s', async (target, expected) => {
  expect(await answers(site, target)).toBe(expected);
});

test('a prefix is compared decoded', async () => {
  expect(await answers(site, '/%C3%A4%20b/c')).toBe('decoded /\xc3\xa4 b|/c');
});

test('without / the rest is 404', async () => {
  const app = mount({ '/a': named('a') });
  expect(await answers(app, '/a')).toBe('a /a|');
  expect(await answers(app, '/ab')).toBe('404');
  expect(await answers(app, '/')).toBe('404');
  expect(await answers(mount({}), '/')).toBe('404');
});

test.each([
  ['/a/b/c/d', 'inner /a/b/c|/d'],
  ['/a/b/c', 'inner /a/b/c|'],
  ['/a/b/x', 'middle /a/b|/x'],
  ['/a/b', 'middle /a/b|'],
  ['/a', '404'],
  ['/b/c', '404'],
])('mounts nest: %s → %s', async (target, expected) => {
  const app = mount({ '/a': mount({ '/b': mount({ '/c': named('inner'), '/': named('middle') }) }) });
  expect(await answers(app, target)).toBe(expected);
});

test('the environ of the caller is left as it was', async () => {
  const inner = mount({ '/a': named('a') });
  const app: Application = async (environ, startResponse) => {
    await inner(environ, () => () => Promise.resolve());
    return named('outer')(environ, startResponse);
  };
  expect(await answers(app, '/a/b')).toBe('outer |/a/b');
});

test('what is lazy is still there below a mount', async () => {
  const app = mount({
    '/a': (environ, startResponse) => {
      startResponse('200 OK', []);
      return [
        `${String(environ['wirestack.signal'].aborted)} ${String(environ['wirestack.raw_headers'].length)}`,
      ];
    },
  });
  expect(await answers(app, '/a')).toBe('false 2');
});

test.each(['', 'a', 'a/', '/a/', '//', '/a//b', '/a/b/'])('%j is no prefix', (prefix) => {
  expect(() => mount({ [prefix]: named('x') })).toThrow(TypeError);
});
