// @ts-check
// Seed 004: `socketserver.UDPServer`, a handler object for each packet.
import { formatAddress } from '@wirestack/socket';
import { DatagramRequestHandler, DatagramServer } from '@wirestack/socket/server';

class MyUDPHandler extends DatagramRequestHandler {
  handle() {
    this.writer.write(new TextDecoder().decode(this.packet).toUpperCase());
  }
}

const server = new DatagramServer(process.argv[2] ?? '127.0.0.1:9999', MyUDPHandler);
console.log('listening on', formatAddress(await server.listen()));
await server.serveForever();
