import { describe, expect, it } from 'vitest';
import { loadApplication, moduleApplication } from '../../src/processes/module-application.ts';
import { run } from '../../src/run.ts';
import { setupTestingDefaults } from '../../src/testing-defaults.ts';
import { applicationUrl } from './serving.ts';
import { bodyOf } from './body-of.ts';

const url = applicationUrl('exports.ts');

describe('moduleApplication', () => {
  it.each([
    [undefined, [], 'app'],
    ['other', [], 'other'],
    ['create()', [], 'created'],
    ['create()', ['as I say'], 'as I say'],
    ['createLater()', [], 'later'],
    ['createFetch()', [], 'made to fetch'],
  ])('by the name %s with %j it is an application like any', async (name, args, text) => {
    expect(await answerOf(url, name, args)).toBe(text);
  });

  it('takes an object that has fetch, and calls it as its method', async () => {
    expect(await answerOf(applicationUrl('fetched.ts'))).toBe('fetched /');
  });

  it('has the lifespan of the application, which it loads for that', async () => {
    const application = moduleApplication(applicationUrl('hello.ts'));
    await application.lifespan?.start?.();
    await application.lifespan?.stop?.();
  });

  it('refuses a relative path', () => {
    expect(() => moduleApplication('./app.js')).toThrow(TypeError);
    expect(() => moduleApplication('./app.js')).toThrow('"./app.js" is relative');
  });
});

describe('loadApplication', () => {
  it('tells what the module, or what its function returned, says of the server', async () => {
    expect(await loaded(undefined)).toMatchObject({ serverOptions: { maxPipelined: 1 } });
    expect(await loaded('createLater()')).toMatchObject({ serverOptions: { maxPipelined: 2 } });
  });

  it.each([
    ['nowhere', /exports\.ts exports no nowhere: it exports app, other, create, /],
    ['number', /number of .*exports\.ts is a number, expected an application/],
    ['number()', /number of .*exports\.ts is a number, and cannot be called/],
    ['createNothing()', /what createNothing\(\) of .* returned is undefined, expected an application/],
    ['serverOptions', /is an object without fetch, expected an application/],
  ])('refuses %s with a TypeError that says why', async (name, why) => {
    await expect(loaded(name)).rejects.toThrow(TypeError);
    await expect(loaded(name)).rejects.toThrow(why);
  });
});

function loaded(name: string | undefined): ReturnType<typeof loadApplication> {
  return loadApplication({ url: url.href, name, args: [] });
}

async function answerOf(module: URL, name?: string, args?: readonly unknown[]): Promise<string> {
  const environ = setupTestingDefaults({});
  return bodyOf(await run(moduleApplication(module, name, args), environ));
}
