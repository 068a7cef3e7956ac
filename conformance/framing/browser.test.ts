import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as api from '@wirestack/framing/codecs';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { results, samples } from './codec-samples.ts';

const executablePath = '/usr/bin/chromium';
const quiet = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

/** For a browser, and nothing but what is there: a module of node's is an error. */
async function bundle(contents: string): Promise<string> {
  const { outputFiles, warnings } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'samples',
    keepNames: true,
    // Comments may speak of what code may not use.
    minifyWhitespace: true,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  return outputFiles.map(({ text }) => text).join();
}

test('every function that the codecs export has a sample', () => {
  const functions = Object.entries(api)
    .filter(([name, value]) => typeof value === 'function' && !/^[A-Z]/.test(name))
    .map(([name]) => name);
  expect(Object.keys(samples).sort()).toEqual(functions.sort());
});

test('a module of node would not pass', async () => {
  await expect(bundle("export * from 'node:buffer'")).rejects.toThrow('Could not resolve "node:buffer"');
});

describe.skipIf(!existsSync(executablePath))('Chromium', () => {
  test('runs the codecs, without anything of node, and gets what node gets', async () => {
    const script = await bundle("export * from './codec-samples.ts'");
    expect(script).not.toMatch(/\b(?:require|Buffer|process)\b/);
    const profile = await mkdtemp(join(tmpdir(), 'wirestack-chromium-'));
    const browser = await chromium.launchPersistentContext(profile, {
      executablePath,
      args: quiet,
      timeout: 30_000,
    });
    onTestFinished(async () => {
      await browser.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 3 });
    });
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.addScriptTag({ content: script });
    const found = await page.evaluate<Record<string, unknown>>('samples.results()');
    expect(errors).toEqual([]);
    expect(Object.keys(found)).toEqual(Object.keys(samples));
    // As they come back from the page: as JSON.
    expect(found).toEqual(JSON.parse(JSON.stringify(await results())));
  });
});
