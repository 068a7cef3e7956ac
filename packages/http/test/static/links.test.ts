import { mkdirSync, symlinkSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createUnixServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { staticFiles, type StaticOptions } from '@wirestack/http/static';
import { ask, later, openUnder, site } from './site.ts';

const secret = 'SECRET outside of the root';

/** A root with links: inside, out of it, in circles. */
function world(): { outside: string; root: string } {
  const outside = site({
    'outside.txt': secret,
    'rootX/secret.txt': secret,
    'root/a.txt': 'a text',
    'root/dir/x.txt': 'x',
    'root/.hidden/y.txt': 'y',
  });
  const root = join(outside, 'root');
  symlinkSync('a.txt', join(root, 'inside'));
  symlinkSync(join(root, 'dir'), join(root, 'inside-dir'));
  symlinkSync('.hidden/y.txt', join(root, 'shown'));
  symlinkSync(join(outside, 'outside.txt'), join(root, 'out'));
  symlinkSync('../outside.txt', join(root, 'out-relative'));
  symlinkSync(outside, join(root, 'out-dir'));
  symlinkSync(join(outside, 'rootX'), join(root, 'beside'));
  symlinkSync('nowhere', join(root, 'broken'));
  symlinkSync('loop', join(root, 'loop'));
  symlinkSync('two', join(root, 'one'));
  symlinkSync('one', join(root, 'two'));
  mkdirSync(join(root, 'linked-index'));
  symlinkSync(join(outside, 'outside.txt'), join(root, 'linked-index/index.html'));
  return { outside, root };
}

/** The last one goes out and comes in again: where it ends is what counts. */
const inward = ['/inside', '/inside-dir/x.txt', '/shown', '/out-dir/root/a.txt'];
const outward = [
  ...['/out', '/out-relative', '/out-dir/outside.txt', '/beside/secret.txt', '/linked-index/'],
];
const nowhere = [
  '/broken',
  '/loop',
  '/one',
  '/one/x',
  '/loop/',
  '/out-dir',
  '/out-dir/',
  '/beside',
  '/linked-index',
];

async function statuses(root: string, options: StaticOptions, targets: readonly string[]): Promise<number[]> {
  const handler = staticFiles(root, options);
  const found = [];
  for (const target of targets) {
    const reply = await ask(handler, target);
    if (options.symlinks !== 'follow') expect(reply.body).not.toContain('SECRET');
    found.push(reply.status);
  }
  expect(openUnder(root)).toBe(0);
  return found;
}

describe('links', () => {
  it('are followed inside the root, and not out of it', async () => {
    const { root } = world();
    for (const dotfiles of ['hide', 'serve'] as const) {
      expect(await statuses(root, { dotfiles }, inward)).toEqual(inward.map(() => 200));
      expect(await statuses(root, { dotfiles }, outward)).toEqual(outward.map(() => 404));
      expect(await statuses(root, { dotfiles }, nowhere)).toEqual(nowhere.map(() => 404));
    }
  });

  it('are followed everywhere where that is asked for', async () => {
    const { root } = world();
    expect(await statuses(root, { symlinks: 'follow' }, [...inward, ...outward])).toEqual(
      [...inward, ...outward].map(() => 200),
    );
    expect(await statuses(root, { symlinks: 'follow' }, ['/broken', '/loop', '/one'])).toEqual([
      404, 404, 404,
    ]);
  });

  it('are not followed at all where that is asked for', async () => {
    const { root } = world();
    expect(await statuses(root, { symlinks: 'deny' }, [...inward, ...outward, ...nowhere])).toEqual(
      [...inward, ...outward, ...nowhere].map(() => 404),
    );
    expect(await statuses(root, { symlinks: 'deny' }, ['/a.txt', '/dir/x.txt'])).toEqual([200, 200]);
  });

  it('may lead to the root itself, whatever is done about others', async () => {
    const { outside, root } = world();
    symlinkSync(root, join(outside, 'link'));
    for (const symlinks of ['inside', 'deny'] as const) {
      const handler = staticFiles(join(outside, 'link'), { symlinks });
      expect((await ask(handler, '/a.txt')).body).toBe('a text');
    }
  });
});

describe('names with a leading dot', () => {
  const files = {
    '.env': secret,
    '.git/config': secret,
    'd/.x': secret,
    '.well-known/security.txt': 'seen',
    'd/.well-known/x': secret,
  };
  const hidden = [
    '/.env',
    '/%2eenv',
    '/.git/config',
    '/.git/',
    '/.git',
    '/d/.x',
    '/d/.well-known/x',
    '/.nothing',
  ];

  it('are 404 where they are hidden, and say nothing of whether they are there', async () => {
    const handler = staticFiles(site(files));
    for (const target of hidden)
      expect(await ask(handler, target)).toMatchObject({ status: 404, body: '404 Not Found\n' });
  });

  it('are 403 where they are denied, there or not', async () => {
    const handler = staticFiles(site(files), { dotfiles: 'deny' });
    for (const target of hidden) expect((await ask(handler, target)).status).toBe(403);
  });

  it('are files like others where they are served', async () => {
    const handler = staticFiles(site(files), { dotfiles: 'serve' });
    for (const target of ['/.env', '/.git/config', '/d/.x'])
      expect((await ask(handler, target)).status).toBe(200);
    for (const target of ['/.', '/..', '/../x', '/.nothing'])
      expect((await ask(handler, target)).status).toBe(404);
  });

  it('are served in .well-known at the top, which is there to be seen', async () => {
    for (const dotfiles of ['hide', 'deny'] as const) {
      expect((await ask(staticFiles(site(files), { dotfiles }), '/.well-known/security.txt')).body).toBe(
        'seen',
      );
    }
  });

  it('are hidden from the cache as well', async () => {
    const root = site(files);
    later();
    const handler = staticFiles(root);
    for (let i = 0; i < 3; i++) expect((await ask(handler, '/.env')).status).toBe(404);
  });
});

describe('what is no regular file', () => {
  it('is not found, at once', async () => {
    const root = site();
    execFileSync('mkfifo', [join(root, 'fifo')]);
    const listener = createUnixServer().listen(join(root, 'socket'));
    await once(listener, 'listening');
    onTestFinished(() => void listener.close());
    symlinkSync('/dev/zero', join(root, 'device'));
    symlinkSync('/dev/stdin', join(root, 'stdin'));
    symlinkSync('/proc/self/mem', join(root, 'memory'));
    for (const symlinks of ['inside', 'follow'] as const) {
      const handler = staticFiles(root, { symlinks });
      for (const target of ['/fifo', '/fifo/', '/socket', '/device', '/stdin']) {
        expect((await ask(handler, target)).status).toBe(404);
      }
    }
    expect((await ask(staticFiles(root), '/memory')).status).toBe(404);
    expect(openUnder(root)).toBe(0);
  });
});
