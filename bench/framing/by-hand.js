// @ts-check
/**
 * What one would write for one format and no other, in as few lines as it takes: no limits, no errors, no second format. A decoder takes a chunk
 * and calls `onFrame` for each frame in it; an encoder answers the bytes of many frames.
 */

/** @typedef {(frame: any) => void} OnFrame */
/** @typedef {{ push(chunk: Buffer): void }} ByHand */

/**
 * The part that all have in common: what is left of a chunk is put before the next.
 *
 * @param {(chunk: Buffer) => number} eat  answers where the first incomplete frame begins
 * @returns {ByHand}
 */
function withRest(eat) {
  let rest = Buffer.alloc(0);
  return {
    push(chunk) {
      const whole = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      rest = whole.subarray(eat(whole));
    },
  };
}

/** @param {OnFrame} onFrame */
export function u32(onFrame) {
  return withRest((chunk) => {
    let at = 0;
    while (chunk.length - at >= 4) {
      const size = ((chunk[at] << 24) | (chunk[at + 1] << 16) | (chunk[at + 2] << 8) | chunk[at + 3]) >>> 0;
      if (chunk.length - at - 4 < size) break;
      onFrame(chunk.subarray(at + 4, at + 4 + size));
      at += 4 + size;
    }
    return at;
  });
}

/** @param {OnFrame} onFrame */
export function varint(onFrame) {
  return withRest((chunk) => {
    for (let start = 0; ;) {
      let at = start;
      let size = 0;
      let shift = 0;
      let byte = 0x80;
      while (byte >= 0x80 && at < chunk.length) {
        byte = chunk[at++];
        size |= (byte & 0x7f) << shift;
        shift += 7;
      }
      if (byte >= 0x80 || chunk.length - at < size) return start;
      onFrame(chunk.subarray(at, at + size));
      start = at + size;
    }
  });
}

/** @param {OnFrame} onFrame  called with text */
export function lines(onFrame) {
  return withRest((chunk) => {
    let at = 0;
    for (let end; (end = chunk.indexOf(10, at)) >= 0; at = end + 1) {
      onFrame(chunk.toString('utf8', at, chunk[end - 1] === 13 ? end - 1 : end));
    }
    return at;
  });
}

/** @param {OnFrame} onFrame */
export function commas(onFrame) {
  return withRest((chunk) => {
    let at = 0;
    for (let end; (end = chunk.indexOf(44, at)) >= 0; at = end + 1) onFrame(chunk.subarray(at, end));
    return at;
  });
}

/** @param {OnFrame} onFrame */
export function netstring(onFrame) {
  return withRest((chunk) => {
    for (let start = 0; ;) {
      let at = start;
      let size = 0;
      while (at < chunk.length && chunk[at] !== 58) size = size * 10 + chunk[at++] - 48;
      if (chunk.length - at < size + 2) return start;
      onFrame(chunk.subarray(at + 1, at + 1 + size));
      start = at + size + 2;
    }
  });
}

/** Bulk strings only: `$5\r\nhello\r\n`. @param {OnFrame} onFrame */
export function bulkStrings(onFrame) {
  return withRest((chunk) => {
    for (let start = 0; ;) {
      let at = start + 1;
      let size = 0;
      while (at < chunk.length && chunk[at] !== 13) size = size * 10 + chunk[at++] - 48;
      if (chunk.length - at < size + 4) return start;
      onFrame(chunk.subarray(at + 2, at + 2 + size));
      start = at + size + 4;
    }
  });
}

/** @param {readonly Buffer[]} frames */
export function concatU32(frames) {
  const parts = [];
  for (const frame of frames) {
    const header = Buffer.allocUnsafe(4);
    header.writeUInt32BE(frame.length);
    parts.push(header, frame);
  }
  return Buffer.concat(parts);
}

/** @param {readonly Buffer[]} frames */
export function concatVarint(frames) {
  const parts = [];
  for (const frame of frames) {
    const header = [];
    let size = frame.length;
    for (; size > 127; size >>>= 7) header.push((size & 127) | 128);
    parts.push(Buffer.from([...header, size]), frame);
  }
  return Buffer.concat(parts);
}

/** @param {readonly Buffer[]} frames */
export function concatCommas(frames) {
  return Buffer.concat(frames.flatMap((frame) => [frame, comma]));
}

/** @param {readonly string[]} texts */
export function concatLines(texts) {
  return Buffer.concat(texts.map((text) => Buffer.from(`${text}\n`)));
}

/** All at once, as only they can be who have them all. @param {readonly string[]} texts */
export function joinLines(texts) {
  return Buffer.from(`${texts.join('\n')}\n`);
}

/** @param {readonly Buffer[]} frames */
export function concatNetstrings(frames) {
  const parts = [];
  for (const frame of frames) parts.push(Buffer.from(`${String(frame.length)}:`, 'latin1'), frame, comma);
  return Buffer.concat(parts);
}

const comma = Buffer.from(',');

/** @param {readonly Buffer[]} frames */
export function concatBulkStrings(frames) {
  const parts = [];
  for (const frame of frames)
    parts.push(Buffer.from(`$${String(frame.length)}\r\n`, 'latin1'), frame, lineEnd);
  return Buffer.concat(parts);
}

const lineEnd = Buffer.from('\r\n');
