import { utf8 } from '../protocol/octets.ts';

/** What file systems take: 255 bytes (ext4, APFS, NTFS about). Room is left for what a program puts before a name, or behind it. */
const maxBytes = 200;
/** Of an extension that is kept where a name has to be cut. */
const maxExtensionBytes = 20;

/**
 * A name made of `filename` that may be given to a file, on any platform, where the directory is the program's: its last path segment, without control
 * characters, marks that turn text around, or what Windows reserves; no leading dot, no trailing dot or blank, no device name, 200 bytes at most.
 * `file` where nothing is left.
 *
 * It does not make the name one's own: two uploads may have the same, and an extension such as `.html` says what a server or a browser may do with
 * the file.
 */
export function safeFilename(filename: string): string {
  const segment = filename.slice(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1);
  const name = segment
    .normalize('NFC')
    // Control, format and private characters, halves of surrogate pairs, line and paragraph separators.
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, '')
    .replace(/[<>:"|?*]/g, '_')
    .replace(/^[.\s]+|[.\s]+$/g, '');
  const cut = shorten(name);
  if (cut === '') return 'file';
  return isDevice.test(cut) ? `_${cut}` : cut;
}

/** Names that are devices on Windows, with any extension. */
const isDevice = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)/i;

/** Cut in front of its extension, between two characters. */
function shorten(name: string): string {
  if (utf8(name).length <= maxBytes) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && utf8(name.slice(dot)).length <= maxExtensionBytes ? name.slice(dot) : '';
  let room = maxBytes - utf8(extension).length;
  let stem = '';
  for (const character of name.slice(0, name.length - extension.length)) {
    room -= utf8(character).length;
    if (room < 0) break;
    stem += character;
  }
  return `${stem.replace(/[.\s]+$/, '')}${extension}`;
}
