import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Outlives the run: the compiler takes longer to load than a worker to start. */
const cache = join(tmpdir(), 'wirestack-typescript');

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const text = await readFile(new URL(url), 'utf8');
  const file = join(cache, `${createHash('sha256').update(text).digest('hex')}.js`);
  const source = await readFile(file, 'utf8').catch(() => compile(text, file));
  return { format: 'module', shortCircuit: true, source };
}

async function compile(text, file) {
  const { default: typescript } = await import('typescript');
  const { outputText } = typescript.transpileModule(text, {
    compilerOptions: { target: 'es2023', module: 'esnext', verbatimModuleSyntax: true },
  });
  await mkdir(cache, { recursive: true });
  // Whole or not at all: other workers look for it at the same time.
  const partial = `${file}.${randomUUID()}`;
  await writeFile(partial, outputText);
  await rename(partial, file);
  return outputText;
}
