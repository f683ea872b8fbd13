// The Temporal UI takes any `Host`, and anybody who gets its page may start workflows with it. This stands in front of
// it and lets through what this machine's own programs and the UI's own pages ask: no website, and none that calls
// itself by a name of its own which leads here. Plain JavaScript, since the supervisor runs it.
import { createServer, request } from 'node:http';
import { pipeline } from 'node:stream';

/** @typedef {{ host: string, port: number }} Place */
/** @typedef {{ port: number, to: Place }} Front  on 127.0.0.1, and what it stands in front of */
/** @typedef {Pick<import('node:http').IncomingMessage, 'method' | 'headers'>} Asked */

const HERE = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;
const RETRY_MS = 1000;

/**
 * Why a request is refused; undefined: it is not. Browsers say where a request comes from, programs do not. A link from
 * elsewhere to a page of the UI is no harm.
 * @param {Asked} asked
 */
export function refusal({ method, headers }) {
  const { host = '', origin, 'sec-fetch-site': site = 'none', 'sec-fetch-mode': mode } = headers;
  if (!HERE.test(host))
    return `The host ${JSON.stringify(host.slice(0, 80))} is refused; allowed: localhost, 127.0.0.1.`;
  const isLink = method === 'GET' && mode === 'navigate';
  const isOwn =
    origin === undefined
      ? ['same-origin', 'none'].includes(String(site))
      : origin.toLowerCase() === `http://${host.toLowerCase()}`;
  return isOwn || isLink
    ? undefined
    : 'A request of another website is refused; allowed: those of the Temporal UI itself.';
}

/** @param {import('node:http').ServerResponse} answer @param {number} code @param {string} line */
const say = (answer, code, line) =>
  void answer.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' }).end(`${line}\n`);

/** @param {Front} front @param {(error: Error) => void} onError  it tries again */
export function serveFront({ port, to }, onError) {
  const server = createServer((asked, answer) => {
    const problem = refusal(asked);
    if (problem !== undefined) return say(answer, 403, problem);
    // No agent: one would keep connections that a restarted server has forgotten.
    const onward = request(
      { ...to, method: asked.method, path: asked.url, headers: asked.headers, agent: false },
      (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        pipeline(reply, answer, () => {});
      },
    );
    onward.on('error', () =>
      answer.headersSent ? answer.destroy() : say(answer, 502, 'The Temporal UI does not answer.'),
    );
    return pipeline(asked, onward, () => {});
  });
  const listen = () => void server.listen(port, '127.0.0.1');
  server.on('error', (error) => {
    onError(error);
    setTimeout(listen, RETRY_MS);
  });
  listen();
}
