import { isAscii, isUtf8 } from 'node:buffer';
import { XmlRpcFormatError } from './errors.ts';
import { Scanner } from './scanner.ts';

/**
 * A scanner behind the byte order mark and the XML declaration. The encodings are UTF-8, US-ASCII and ISO-8859-1, as the declaration
 * says, UTF-8 where it says nothing. A `charset` of HTTP is not heeded: every peer known says the same there, or nothing.
 *
 * @param document bytes, or text: then an encoding it declares is past
 * @throws XmlRpcFormatError `TOO_LARGE` `UNSUPPORTED` `NOT_XML` `TRUNCATED`
 */
export function scan(document: Uint8Array | string, maxBytes: number): Scanner {
  const isText = typeof document === 'string';
  if (document.length > maxBytes) throw tooLarge(maxBytes);
  const bytes = isText ? encode(document) : document;
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  const mark = byteOrderMark(bytes);
  const { end, encoding } = declaration(bytes, mark);
  if (encoding === 'iso-8859-1' && !isText) {
    if (mark > 0)
      throw new XmlRpcFormatError(
        'UNSUPPORTED',
        'the byte order mark says UTF-8, the declaration does not',
        mark,
      );
    return new Scanner(Buffer.from(asBuffer(bytes).toString('latin1')), end);
  }
  if (encoding === 'us-ascii' && !isText && !isAscii(bytes)) {
    throw new XmlRpcFormatError('NOT_XML', 'the document says US-ASCII and is not', end);
  }
  if (!isUtf8(bytes)) throw new XmlRpcFormatError('NOT_XML', 'the document is no UTF-8', end);
  return new Scanner(bytes, end);
}

function tooLarge(maxBytes: number): XmlRpcFormatError {
  return new XmlRpcFormatError('TOO_LARGE', `a document of more than ${String(maxBytes)} bytes`, maxBytes);
}

function encode(text: string): Uint8Array {
  const loneSurrogate = text.search(/\p{Surrogate}/u);
  if (loneSurrogate >= 0) throw new XmlRpcFormatError('NOT_XML', 'half a character', loneSurrogate);
  return Buffer.from(text);
}

function byteOrderMark(bytes: Uint8Array): number {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return 3;
  if ((first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe)) {
    throw new XmlRpcFormatError('UNSUPPORTED', 'the document is UTF-16', 0);
  }
  return 0;
}

/** XML 1.0 section 2.8: `<?xml version="1.0" encoding="utf-8" standalone="yes"?>`, each part but the first as one likes. */
function declaration(bytes: Uint8Array, start: number): { end: number; encoding: string } {
  const head = asBuffer(bytes).toString('latin1', start, start + longestDeclaration);
  // What nearly every peer writes.
  if (head.startsWith('<?xml version="1.0"?>')) return { end: start + 21, encoding: 'utf-8' };
  if (head.length >= 2 && '<?xml'.startsWith(head)) {
    throw new XmlRpcFormatError('TRUNCATED', 'the document ends too early', bytes.length);
  }
  if (!/^<\?xml(?:[\t\n\r ?]|$)/.test(head)) return { end: start, encoding: 'utf-8' };
  const length = head.indexOf('?>') + 2;
  if (length < 2) {
    const isCutShort = start + head.length === bytes.length;
    throw new XmlRpcFormatError(
      isCutShort ? 'TRUNCATED' : 'NOT_XML',
      'an XML declaration without end',
      start,
    );
  }
  const found = declarationPattern.exec(head.slice(0, length));
  if (found === null) throw new XmlRpcFormatError('NOT_XML', 'no XML declaration of version 1.x', start);
  const encoding = (found[1] ?? found[2] ?? 'utf-8').toLowerCase();
  if (!encodings.has(encoding)) {
    throw new XmlRpcFormatError('UNSUPPORTED', `the encoding ${encoding}`, start);
  }
  return { end: start + length, encoding };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

const encodings: ReadonlySet<string> = new Set(['utf-8', 'us-ascii', 'iso-8859-1']);
const longestDeclaration = 256;
const declarationPattern =
  /^<\?xml\s+version\s*=\s*(?:"1\.\d+"|'1\.\d+')(?:\s+encoding\s*=\s*(?:"([\w.-]+)"|'([\w.-]+)'))?(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*\?>$/;
