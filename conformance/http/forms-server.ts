import { createServer, type HttpServer } from '@wirestack/http';
import { parseMediaType } from '@wirestack/http/fields';
import { FormError, readForm } from '@wirestack/http/forms';

/** What the server made of a form. */
export interface Told {
  readonly type: string | undefined;
  readonly fields: readonly (readonly [string, string])[];
  readonly files: readonly (readonly [name: string, filename: string, type: string, content: string])[];
}

/** Answers a GET with `page`, and a form with what it is. */
export async function formServer(page: string): Promise<HttpServer> {
  return createServer(async (request) => {
    if (request.method !== 'POST')
      return { status: 200, headers: [['Content-Type', 'text/html; charset=utf-8']], body: page };
    try {
      const form = await readForm(request, { maxFileBytes: 20_000_000 });
      const told: Told = {
        type: parseMediaType(request.headers.get('content-type') ?? '')?.essence,
        fields: [...form.fields],
        files: form.files
          .values()
          .map((file) => [file.name, file.filename, file.type, Buffer.from(file.stored).toString('latin1')]),
      };
      return { status: 200, headers: [['Content-Type', 'application/json']], body: JSON.stringify(told) };
    } catch (error) {
      if (error instanceof FormError) return { status: error.status, body: error.code };
      throw error;
    }
  }).listen('127.0.0.1:0');
}

export function siteOf(server: HttpServer): string {
  return `http://127.0.0.1:${String('port' in server.address ? server.address.port : 0)}/`;
}
