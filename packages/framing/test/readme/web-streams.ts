import { decoderStream, lines } from '@wirestack/framing/codecs';

const body = new Blob(['Hello\nwor', 'ld\n']).stream(); // or (await fetch(url)).body
for await (const line of body.pipeThrough(decoderStream(lines()))) console.log(line); // Hello, world
