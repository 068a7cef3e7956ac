import { lines } from '@wirestack/framing/codecs';

const decoder = lines({
  maxBytes: 10,
  onOversize: 'skip',
  onSkip: (bytes) => console.log(`dropped ${String(bytes)} bytes`),
}).decoder();
decoder.push(new TextEncoder().encode('one\na line that is too long\ntwo\n'));
for (let line; (line = decoder.next()) !== undefined;) console.log(line); // one, dropped 23 bytes, two
