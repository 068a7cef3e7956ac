import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DemoProcess } from '../support/demo.ts';

const executablePath = '/usr/bin/chromium';
/** Nothing but what the test asks for goes over the network. */
const quiet = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

describe.skipIf(!existsSync(executablePath))('Chromium', () => {
  let demo: DemoProcess;
  let profile: string;
  let browser: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    demo = await DemoProcess.start();
    profile = await mkdtemp(join(tmpdir(), 'wirestack-chromium-'));
    // Without the page's own policy: what is shown must be harmless by itself.
    browser = await chromium.launchPersistentContext(profile, {
      executablePath,
      args: quiet,
      bypassCSP: true,
      timeout: 30_000,
    });
    browser.setDefaultTimeout(20_000);
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await demo.stop();
    await rm(profile, { recursive: true, force: true, maxRetries: 3 });
  });

  beforeEach(async () => {
    complaints = [];
    page = await browser.newPage();
    page.on('console', (message) => complaints.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${String(response.status())}: ${response.url()}`);
    });
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  });

  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  test('loads the page with its style and its pictures', async () => {
    const response = await page.goto(`${demo.site}/`);
    expect(response?.status()).toBe(200);
    expect(await page.title()).toBe('wirestack');
    const pictures =
      'Array.from(document.images, ({ id, complete, naturalWidth }) => [id, complete, naturalWidth])';
    expect(await page.evaluate(pictures)).toEqual([
      ['mark', true, 144],
      ['layers', true, 720],
    ]);
    expect(await page.evaluate("getComputedStyle(document.querySelector('header')).display")).toBe('flex');
  });

  test.each(['Zoë', '<script>alert(1)</script>', `"><img src=x onerror=alert(1)>'&amp;`])(
    'posts the form and shows %s as it was typed',
    async (name) => {
      await page.goto(`${demo.site}/`);
      await page.fill('input[name=firstname]', name);
      await page.click('button[type=submit]');
      expect(await page.locator('#posted strong').textContent()).toBe(name);
      expect(await page.inputValue('input[name=firstname]')).toBe(name);
      expect(await page.locator('#posted *').count()).toBe(1);
      expect(await page.locator('script').count()).toBe(0);
    },
  );

  test('shows the stream as it arrives', async () => {
    await page.goto(`${demo.site}/stream`, { waitUntil: 'commit' });
    await page.locator('li', { hasText: 'part 2 of 10' }).waitFor();
    expect(await page.evaluate('document.readyState')).toBe('loading');
    await page.waitForLoadState('load');
    expect(await page.locator('li').count()).toBe(10);
  });

  test('may leave the stream, and goes on elsewhere', async () => {
    await page.goto(`${demo.site}/stream`, { waitUntil: 'commit' });
    await page.locator('li').first().waitFor();
    await page.goto(`${demo.site}/hello`);
    expect(await page.locator('h1').textContent()).toBe('Hello, web!');
    complaints = complaints.filter((complaint) => complaint !== `failed: ${demo.site}/stream`);
  });

  test('follows every link of the page', async () => {
    await page.goto(`${demo.site}/`);
    const links = await page.evaluate<string[]>('Array.from(document.links, ({ href }) => href)');
    expect(links.length).toBeGreaterThan(3);
    // To the end of each: Chromium at times never closes a page, nor leaves it, that has only just committed.
    for (const link of links) expect((await page.goto(link))?.status()).toBe(200);
  });

  test('keeps its policy where it is not bypassed', async () => {
    const response = await page.goto(`${demo.site}/`);
    expect(await response?.headerValue('content-security-policy')).toMatch(
      /^default-src 'none'; img-src 'self'/,
    );
  });
});
