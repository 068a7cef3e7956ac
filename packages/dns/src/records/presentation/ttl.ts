/** Seconds of a unit; BIND's, which RFC 2308 4 allows for. */
const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

const maxDigits = 10;

/** Seconds of `3600`, `1h`, `1h30m`, in any case; `undefined` for text that is none of these, or above 32 bits. */
export function parseSeconds(text: string): number | undefined {
  if (/^\d+$/.test(text)) return text.length <= maxDigits ? inRange(Number(text)) : undefined;
  if (!/^(?:\d{1,10}[smhdw])+$/i.test(text)) return undefined;
  let seconds = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+)([a-z])/gi)) {
    seconds += Number(digits) * (units[(unit as string).toLowerCase()] as number);
  }
  return inRange(seconds);
}

function inRange(seconds: number): number | undefined {
  return seconds <= 0xffff_ffff ? seconds : undefined;
}
