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

/** Whether a coding makes it shorter: text in all its disguises. Images, sound, fonts and archives are compressed already. */
export function isCompressible(contentType: string): boolean {
  const essence = (contentType.split(';', 1)[0] as string).trim().toLowerCase();
  return essence.startsWith('text/') || /[/+](?:json|xml)$/.test(essence) || compressible.has(essence);
}

const compressible: ReadonlySet<string> = new Set([
  'application/javascript',
  'application/ecmascript',
  'application/wasm',
  'application/rtf',
  'application/sql',
  'application/toml',
  'application/x-ndjson',
  'application/vnd.ms-fontobject',
  'application/x-sh',
  'application/x-tex',
  'application/postscript',
  'font/ttf',
  'font/otf',
  'font/collection',
  'image/bmp',
  'image/vnd.microsoft.icon',
  'image/x-icon',
]);
