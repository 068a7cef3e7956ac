import { createHash } from 'node:crypto';
import { formatHttpDate } from '../fields/date.ts';
import { formatEntityTag, type EntityTag } from '../fields/entity-tag.ts';
import type { HeaderList } from '../headers.ts';
import type { HttpResponse } from '../server/response.ts';
import type { HeldBytes } from './held-bytes.ts';
import { isSettled, settleMs, type Identity } from './identity.ts';
import type { FilePath } from './open-file.ts';

/** One file in one coding, with its answers ready: the same objects each time, frozen, for they go to many. */
export interface Representation {
  /** Where its bytes are, without links; `undefined` where they are in memory only. */
  readonly real: FilePath | undefined;
  /** Of the file at `real`, or the one that the bytes were made of. */
  readonly identity: Identity;
  readonly size: number;
  /** All of it, where it is short. */
  readonly bytes: Uint8Array | undefined;
  readonly etag: EntityTag;
  readonly lastModified: Date | undefined;
  /** The ETag as it is sent. */
  readonly etagText: string;
  readonly contentType: string;
  /** Fields of 200. */
  readonly fields: HeaderList;
  /** 200, with its body where it is in memory. */
  readonly whole: HttpResponse;
  /** To HEAD. */
  readonly head: HttpResponse;
  readonly notModified: HttpResponse;
}

export interface RepresentationParts {
  readonly identity: Identity;
  readonly size: number;
  readonly contentType: string;
  readonly bytes?: Uint8Array | undefined;
  readonly real?: FilePath | undefined;
  /** `Content-Encoding`. */
  readonly coding?: string | undefined;
  /** Cache-Control, Vary and what the program adds: those that a 304 has, too. */
  readonly lasting: HeaderList;
  /** The rest of what the program adds. */
  readonly extra: HeaderList;
  /** When the file was looked at. */
  readonly now: number;
  readonly held: HeldBytes;
}

/** Makes the answers of a file in one coding. */
export function represent(parts: RepresentationParts): Representation {
  const { identity, size, bytes, real, contentType, coding, lasting, extra, now, held } = parts;
  const isHashed = bytes !== undefined && (bytes.length <= hashedBytes || real === undefined);
  const etag = isHashed ? { tag: hashOf(bytes), weak: false } : tagOfFile(identity, now);
  const etagText = formatEntityTag(etag);
  const lastModified = lastModifiedOf(identity, now);
  const validators: HeaderList = [
    ['ETag', etagText],
    ...(lastModified === undefined ? [] : [['Last-Modified', formatHttpDate(lastModified)] as const]),
  ];
  const fields: HeaderList = Object.freeze([
    ['Content-Type', contentType],
    ...(coding === undefined ? [] : [['Content-Encoding', coding] as const]),
    ...validators,
    ['Accept-Ranges', 'bytes'],
    ['X-Content-Type-Options', 'nosniff'],
    ...lasting,
    ...extra,
  ] as const);
  const withLength: HeaderList = Object.freeze([...fields, ['Content-Length', String(size)] as const]);
  return {
    ...{ identity, size, bytes, real, contentType, etag, etagText, lastModified, fields },
    whole: wholeOf(fields, withLength, bytes, held),
    head: Object.freeze({ status: 200, headers: withLength }),
    notModified: Object.freeze({ status: 304, headers: Object.freeze([...validators, ...lasting]) }),
  };
}

function wholeOf(
  fields: HeaderList,
  withLength: HeaderList,
  bytes: Uint8Array | undefined,
  held: HeldBytes,
): HttpResponse {
  if (bytes === undefined) return Object.freeze({ status: 200, headers: fields });
  if (bytes.length <= hashedBytes) return Object.freeze({ status: 200, headers: fields, body: bytes });
  return Object.freeze({ status: 200, headers: withLength, body: held.body(bytes) });
}

/** A file up to this has a hash of its content for its ETag: half a millisecond, once. */
export const hashedBytes = 262_144;

/** 128 bits: the same for the same content, on all hosts that serve it, whenever it was copied there. */
function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
}

/**
 * Of what is too long to be read beforehand, the version of the file, hashed: nobody needs to know inode numbers. While a further write could
 * go unseen (see {@link isSettled}) the tag is weak, so that no ranges are joined by it, and is given only once: it never answers 304.
 */
function tagOfFile(identity: Identity, now: number): EntityTag {
  const { dev, ino, size, mtimeMs, ctimeMs } = identity;
  const isStrong = isSettled(identity, now);
  const version = [dev, ino, size, mtimeMs, ctimeMs, isStrong ? '' : `${String(now)} ${String(onlyOnce++)}`];
  return { tag: hashOf(Buffer.from(version.join(' '))), weak: !isStrong };
}

let onlyOnce = 0;

/**
 * None while its second is not over: a file that is written twice in it would be taken for the same. And none from the future (RFC 9110 8.8.2.1).
 */
function lastModifiedOf({ mtimeMs }: Identity, now: number): Date | undefined {
  return mtimeMs >= 0 && mtimeMs <= now - settleMs ? new Date(Math.floor(mtimeMs / 1000) * 1000) : undefined;
}
