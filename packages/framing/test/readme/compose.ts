import { chain, encodeAll, handover, json, lengthPrefix, lines, tee } from '@wirestack/framing/codecs';
import type { Codec, Transform } from '@wirestack/framing/codecs';

const dates: Transform<unknown, Date> = {
  name: 'dates',
  decode: (value) => new Date(Number(value)),
  encode: (date) => date.getTime(),
};
const times = chain(lengthPrefix({ bytes: 1 }), json(), dates);
const next = (line: string): Codec<Date> | undefined => (line === 'START' ? times : undefined);
const protocol = tee(handover(lines(), { received: next, sent: next }), {
  received: (message) => console.log(message instanceof Date ? message.toISOString() : message),
});
const decoder = protocol.decoder();
decoder.push(encodeAll(protocol, ['HELLO', 'START', new Date(0)])); // HELLO␊START␊ 01 30
while (decoder.next() !== undefined); // HELLO, START, 1970-01-01T00:00:00.000Z
