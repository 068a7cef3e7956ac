import { extname } from 'node:path';
import mime from 'mime';
import type { Settings } from './options.ts';

/** `Content-Type` for a file's name: of the last extension, in any case. */
export function contentTypeOf(
  name: string,
  { types, charset, defaultType }: Pick<Settings, 'types' | 'charset' | 'defaultType'>,
): string {
  const extension = extname(name).toLowerCase();
  const type = types.get(extension) ?? (extension.length > 1 ? mime.getType(extension) : null) ?? defaultType;
  return charset !== false && /^text\/[^;]+$/.test(type) ? `${type}; charset=${charset}` : type;
}
