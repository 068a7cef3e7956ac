/** Whether a coding makes a body of this Content-Type shorter: text in all its disguises. Images, sound and archives are compressed already. */
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
