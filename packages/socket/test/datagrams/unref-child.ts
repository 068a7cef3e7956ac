import { bind } from '../../src/datagrams/bind.ts';
import { connectDatagram } from '../../src/datagrams/connect-datagram.ts';

// A socket that keeps the process for one packet, which comes from a socket that does not.
const kept = await bind('udp://127.0.0.1:0');
kept.unref();
kept.ref();
kept.attach({
  datagram: () => {
    process.stdout.write('kept by ref; ');
    kept.unref();
  },
});
process.once('exit', () => process.stdout.write('ended by unref'));
const sender = await connectDatagram(kept.localAddress);
sender.unref();
sender.post(new Uint8Array(1), kept.localAddress);
