import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scratch } from './scratch.ts';

/** An application that says these words, and where it is. */
export function saying(words: string): string {
  return `export const application = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [\`${words} \${environ['SCRIPT_NAME']}|\${environ['PATH_INFO']}\`];
};
`;
}

/** The path of a module that says so, in a directory of its own. */
export async function moduleOf(text: string, name = 'app.mjs'): Promise<string> {
  const path = join(await scratch(), name);
  await writeFile(path, text);
  return path;
}
