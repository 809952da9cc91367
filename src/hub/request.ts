/** GET over HTTP as the hub needs it: redirects, proxies, a token that stays with the hub, retries of what may pass. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { VectralError } from '../errors.js';
import { HubError } from './errors.js';
import { addressOf, proxyAuthorization, proxyOf, tunnel } from './proxy.js';

export interface HubRequest {
  readonly url: URL;
  readonly token: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

const mostRedirects = 8;
/** Of one request. */
const mostAttempts = 5;
const longestWait = 60_000;

/** Without a byte for so long a connection counts as cut. The variable, in seconds, is Hugging Face's own. */
function idleMilliseconds(): number {
  const seconds = Number(process.env.HF_HUB_DOWNLOAD_TIMEOUT);
  return seconds > 0 ? Math.min(seconds * 1000, 2 ** 31 - 1) : 30_000;
}

/** How long to wait before attempt n. The variable is for tests, and for those in a hurry. */
export function backoff(attempt: number): number {
  const unit = Number(process.env.VECTRAL_HUB_RETRY_MS ?? 500);
  return Math.min(unit * 2 ** attempt, longestWait);
}

/** The answer to a GET, its body yet to come. @throws {HubError} The hub cannot be reached. */
export function get(request: HubRequest): Promise<IncomingMessage> {
  return answered(request, async (response) => response);
}

/** The answer to a GET and its body, of at most `most` bytes. @throws {HubError} The hub cannot be reached, or it is longer. */
export function getText(request: HubRequest, most: number): Promise<{ response: IncomingMessage; text: string }> {
  return answered(request, async (response) => ({ response, text: await readText(response, most) }));
}

/** What `use` makes of an answer, whatever its status but those that pass: 429, 5xx and failed connections are tried again. */
async function answered<T>(request: HubRequest, use: (response: IncomingMessage) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    let wait = backoff(attempt);
    try {
      const response = await followed(request);
      const status = response.statusCode ?? 0;
      if ((status !== 429 && status < 500) || attempt === mostAttempts) return await use(response);
      response.destroy();
      const after = Number(response.headers['retry-after']);
      if (after > 0) wait = Math.min(after * 1000, longestWait);
    } catch (cause) {
      request.signal?.throwIfAborted();
      if (cause instanceof VectralError) throw cause;
      if (attempt === mostAttempts) {
        const { host } = request.url;
        const mend =
          'check the network, HTTPS_PROXY and HF_ENDPOINT, or set HF_HUB_OFFLINE=1 to use what is on this machine';
        throw new HubError(`${host} cannot be reached: ${messageOf(cause)}; ${mend}`, undefined, { cause });
      }
    }
    await sleep(wait, undefined, request.signal && { signal: request.signal });
  }
}

/** Follows redirects. What is not on the hub's own host does not get the token. */
async function followed({ url, token, headers = {}, signal }: HubRequest): Promise<IncomingMessage> {
  let at = url;
  for (let i = 0; i <= mostRedirects; i++) {
    const own = at.host === url.host && at.protocol === url.protocol;
    const authorization = token !== undefined && own ? { authorization: `Bearer ${token}` } : {};
    const response = await send(at, { 'user-agent': 'vectral', ...headers, ...authorization }, signal);
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0) || location === undefined) return response;
    response.destroy();
    if (!URL.canParse(location, at.href)) throw new Error(`${at.host} redirects to "${location}", which is no URL`);
    at = new URL(location, at);
    if (at.protocol !== 'http:' && at.protocol !== 'https:') throw new Error(`${url.host} redirects to ${at.protocol}`);
    if (url.protocol === 'https:' && at.protocol === 'http:') throw new Error(`${url.host} redirects away from https`);
  }
  throw new Error(`${url.host} redirects more than ${mostRedirects} times`);
}

async function send(
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  const proxy = proxyOf(url);
  const timeout = idleMilliseconds();
  const socket = proxy && url.protocol === 'https:' ? await tunnel(url, proxy, timeout, signal) : undefined;
  const common = { headers, timeout, ...(signal && { signal }) };
  return new Promise((resolve, reject) => {
    const speak = (at: URL) => (at.protocol === 'https:' ? httpsRequest : httpRequest);
    const call =
      socket !== undefined
        ? // no `agent`, not even false: Node would connect by itself
          httpsRequest(url, { ...common, createConnection: () => socket })
        : proxy !== undefined
          ? speak(proxy)({
              ...common,
              ...addressOf(proxy),
              path: url.href,
              headers: { ...headers, host: url.host, ...proxyAuthorization(proxy) },
            })
          : speak(url)(url, common);
    call.once('timeout', () => call.destroy(new Error(`no byte came for ${timeout / 1000} s`)));
    call.once('response', resolve);
    call.once('error', reject);
    call.end();
  });
}

/** Node gives no message where several addresses failed. */
export function messageOf(cause: unknown): string {
  const error = cause as NodeJS.ErrnoException & { errors?: readonly Error[] };
  return error.message || error.errors?.map(({ message }) => message).join(', ') || error.code || String(cause);
}

async function readText(response: IncomingMessage, most: number): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response) {
    size += (part as Buffer).length;
    if (size > most) throw new HubError(`the hub's answer is longer than ${most} bytes`);
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}
