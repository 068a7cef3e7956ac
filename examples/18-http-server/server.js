// @ts-check
// Seeds 001 and 003: `python3 -m http.server`. Serves a directory: files with their types, index.html, listings, HEAD, and 304 for who has
// the file already. node server.js 127.0.0.1:8000 DIRECTORY, then open http://127.0.0.1:8000/. `npx wirestack serve` is the same, with options.
import { accessLog, createServer } from '@wirestack/http';
import { staticFiles } from '@wirestack/http/static';
import { formatAddress } from '@wirestack/socket';

const [address = '127.0.0.1:8000', directory = '.'] = process.argv.slice(2);
const server = createServer(staticFiles(directory, { listing: true }), { observe: accessLog() });
await server.listen(address);
console.log('listening on', formatAddress(server.address));
