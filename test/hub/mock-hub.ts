/** A hub on this machine: the two requests that a pull makes, large files on a second host, and faults on demand. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const commit = '0123456789abcdef0123456789abcdef01234567';
/** Files that git keeps elsewhere, as the hub does it by size and name. */
const isLarge = (path: string) => path.endsWith('.safetensors') || path.endsWith('.bin');

export interface Seen {
  readonly host: 'hub' | 'cdn';
  readonly url: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

/** What happens to a request for a file instead of its being answered. */
export type Fault =
  | { readonly status: number; readonly headers?: Record<string, string> }
  /** The connection ends after so many bytes of the body. */
  | { readonly cutAfter: number }
  /** After so many bytes of the body there is silence. */
  | { readonly stallAfter: number }
  /** The range is ignored. */
  | { readonly whole: true }
  /** Other bytes than those that were announced. */
  | { readonly content: Buffer };

export class MockHub {
  readonly files = new Map<string, Buffer>();
  readonly seen: Seen[] = [];
  /** Asked for each request of a file, with how many there were of it before. */
  fault: (path: string, before: number) => Fault | undefined = () => undefined;
  /** Instead of the listing. */
  listing: Fault | undefined;
  /** So many listings end in the middle. */
  cutListings = 0;
  /** Another name of the repository, which the hub answers with a redirect. */
  formerName: string | undefined;
  /** Where large files are said to be, if that is not the address of the second host itself. */
  cdn: string | undefined;
  repo = 'org/model';
  branch = 'main';
  readonly #counts = new Map<string, number>();
  readonly #hub: Server;
  readonly #cdn: Server;

  private constructor() {
    this.#hub = createServer((request, response) => this.#answer('hub', request, response));
    this.#cdn = createServer((request, response) => this.#answer('cdn', request, response));
  }

  static async start(files: Record<string, string | Buffer>): Promise<MockHub> {
    const hub = new MockHub();
    for (const [path, content] of Object.entries(files)) hub.files.set(path, Buffer.from(content));
    for (const server of [hub.#hub, hub.#cdn]) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return hub;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.ports.hub}`;
  }

  get ports(): { hub: number; cdn: number } {
    const [hub, cdn] = [this.#hub, this.#cdn].map((server) => (server.address() as AddressInfo).port);
    return { hub: hub!, cdn: cdn! };
  }

  async stop(): Promise<void> {
    for (const server of [this.#hub, this.#cdn]) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }

  /** Requests for a file, on either host. */
  of(path: string): Seen[] {
    return this.seen.filter(({ url }) => url.endsWith(`/${path}`));
  }

  etag(path: string): string {
    const content = this.files.get(path)!;
    if (isLarge(path)) return createHash('sha256').update(content).digest('hex');
    return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
  }

  #answer(host: 'hub' | 'cdn', request: IncomingMessage, response: ServerResponse): void {
    const url = decodeURIComponent(request.url ?? '');
    const { authorization, range } = request.headers;
    this.seen.push({ host, url, authorization, range });
    if (this.formerName !== undefined && new RegExp(`^(/api/models)?/${this.formerName}/re`).test(url)) {
      response.writeHead(307, { location: (request.url ?? '').replace(this.formerName, this.repo) }).end();
      return;
    }
    if (url.startsWith('/api/models/')) {
      this.#list(url, response);
      return;
    }
    const path = url.replace(host === 'cdn' ? '/cdn/' : `/${this.repo}/resolve/${commit}/`, '');
    const content = this.files.get(path);
    if (content === undefined) {
      response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
      return;
    }
    if (host === 'hub' && isLarge(path)) {
      const cdn = this.cdn ?? `http://localhost:${this.ports.cdn}`;
      response.writeHead(302, { location: `${cdn}/cdn/${path}` }).end();
      return;
    }
    const before = this.#counts.get(path) ?? 0;
    this.#counts.set(path, before + 1);
    this.#send(content, range, this.fault(path, before), response);
  }

  #send(content: Buffer, range: string | undefined, fault: Fault | undefined, response: ServerResponse): void {
    if (fault && 'status' in fault) {
      response.writeHead(fault.status, fault.headers).end();
      return;
    }
    const body = fault && 'content' in fault ? fault.content : content;
    const from = fault && 'whole' in fault ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const part = body.subarray(from);
    const headers = {
      'content-length': part.length,
      'content-range': `bytes ${from}-${body.length - 1}/${body.length}`,
    };
    response.writeHead(from > 0 ? 206 : 200, headers);
    if (fault && 'stallAfter' in fault) response.write(part.subarray(0, fault.stallAfter));
    else if (fault && 'cutAfter' in fault) response.write(part.subarray(0, fault.cutAfter), () => response.destroy());
    else response.end(part);
  }

  #list(url: string, response: ServerResponse): void {
    const { listing } = this;
    if (listing && 'status' in listing) {
      response.writeHead(listing.status, listing.headers).end('{}');
      return;
    }
    if (listing && 'content' in listing) {
      response.writeHead(200).end(listing.content);
      return;
    }
    const [, repo, revision] = /^\/api\/models\/(.+)\/revision\/(.+)\?blobs=true$/.exec(url) ?? [];
    if (repo !== this.repo) {
      response.writeHead(401, { 'x-error-code': 'RepoNotFound' }).end();
      return;
    }
    if (revision !== this.branch && revision !== commit) {
      response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
      return;
    }
    const siblings = Array.from(this.files, ([path, content]) => ({
      rfilename: path,
      size: content.length,
      ...(isLarge(path)
        ? { blobId: 'f'.repeat(40), lfs: { sha256: this.etag(path), size: content.length } }
        : { blobId: this.etag(path) }),
    }));
    const text = JSON.stringify({ sha: commit, siblings });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
    if (this.cutListings-- > 0) response.write(text.slice(0, 20), () => response.destroy());
    else response.end(text);
  }
}
