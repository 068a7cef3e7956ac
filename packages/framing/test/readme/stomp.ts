import { encodeAll, stomp, stompHeader, type StompFrame } from '@wirestack/framing/codecs';

const codec = stomp({ version: '1.2', onHeartBeat: () => console.log('alive') });
const body = new TextEncoder().encode('hi');
const hi: StompFrame = { command: 'SEND', headers: [['destination', '/queue/a']], body };
const decoder = codec.decoder();
decoder.push(encodeAll(codec, [hi, 'heart-beat'])); // SEND␊destination:/queue/a␊content-length:2␊␊hi␀␊
for (let frame; (frame = decoder.next()) !== undefined;) {
  console.log(frame.command, stompHeader(frame, 'destination')); // SEND /queue/a, then alive
}
