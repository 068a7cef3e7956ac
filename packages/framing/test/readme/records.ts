import { encodeAll, struct, structHeader } from '@wirestack/framing/codecs';

const header = struct('!HBxI'); // Struct<[number, number, number]>
console.log(...header.pack(1, 2, 3)); // 0 1 2 0 0 0 0 3
const messages = structHeader(header, { length: 2 }); // a codec: value 2 of the header counts the body
const decoder = messages.decoder();
decoder.push(encodeAll(messages, [{ header: [1, 7, 0], body: new TextEncoder().encode('hi') }]));
const [version, kind, length] = decoder.next()?.header ?? [];
console.log(version, kind, length); // 1 7 2: the encoder filled the length in
