/**
 * @file A hub for tests: speaks the API of the Hugging Face hub over HTTP, with a second server for large files, as the hub
 * redirects to one. Breaks, damage and refusals on request.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RepoKind } from './name.ts';

/** A file of a repository; what LFS keeps is served by the second server. */
export interface TestFile {
  readonly content: Uint8Array | string;
  readonly lfs?: boolean;
}

/** A repository: the files of each commit, and what its branches point to. */
export interface TestRepo {
  readonly kind: RepoKind;
  readonly name: string;
  readonly commits: Readonly<Record<string, Readonly<Record<string, TestFile>>>>;
  /** Changed by a test where a branch moves. */
  refs: Record<string, string>;
  readonly gated?: boolean;
  /** A repository that only this token may see. */
  readonly token?: string;
}

/** What a test may make of the next answers. */
export interface Faults {
  /** Bytes of a body after which its connection is cut, one entry a request; null leaves one alone. */
  breaks: (number | null)[];
  /** Answers of this status before anything else, one entry a request. */
  statuses: number[];
  /** Requests whose bytes come changed. */
  damaged: number;
  /** Answers without ranges. */
  noRanges: boolean;
  /** Bodies that stop halfway, their connections left open. */
  stalls: number;
  /** Milliseconds between two pieces of a body. */
  pieceMs: number;
}

/** A request that arrived. */
export interface SeenRequest {
  readonly server: 'hub' | 'files';
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** Entries of a page of the file list: few, so that there are several pages. */
const PAGE = 3;
const PIECE = 1 << 14;

/** A running hub. Close it. */
export class TestHub {
  readonly repos: TestRepo[];
  readonly seen: SeenRequest[] = [];
  readonly faults: Faults = { breaks: [], statuses: [], damaged: 0, noRanges: false, stalls: 0, pieceMs: 0 };
  readonly #servers: Server[] = [];
  endpoint = '';
  #files = '';

  private constructor(repos: TestRepo[]) {
    this.repos = repos;
  }

  static async start(repos: TestRepo[]): Promise<TestHub> {
    const hub = new TestHub(repos);
    hub.#files = await hub.#listen('files', (request, response) => hub.#serveContent(request, response));
    hub.endpoint = await hub.#listen('hub', (request, response) => hub.#serve(request, response));
    return hub;
  }

  close(): void {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
  }

  async #listen(
    name: SeenRequest['server'],
    serve: (request: IncomingMessage, response: ServerResponse) => ServerResponse,
  ): Promise<string> {
    const server = createServer((request, response) => {
      const { method = '', url: path = '', headers } = request;
      const { range, authorization } = headers;
      this.seen.push({ server: name, method, path, range, authorization });
      const status = this.faults.statuses.shift();
      if (status === undefined) serve(request, response);
      else response.writeHead(status).end();
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  #serve(request: IncomingMessage, response: ServerResponse): ServerResponse {
    const { pathname, searchParams } = new URL(request.url!, 'http://hub');
    const path = decodeURIComponent(pathname);
    const listed = /^\/api\/(model|dataset)s$/.exec(path);
    if (listed) return this.#search(listed[1] as RepoKind, searchParams, response);
    const asked = /^\/api\/(model|dataset)s\/([^/]+\/[^/]+)(?:\/(revision|tree|refs)(?:\/(.*))?)?$/.exec(
      path,
    );
    const file = /^\/(datasets\/)?([^/]+\/[^/]+)\/resolve\/(.+?)\/(.*)$/.exec(path);
    const kind = asked?.[1] ?? (file?.[1] === undefined ? 'model' : 'dataset');
    const repo = this.repos.find((one) => one.kind === kind && one.name === (asked ?? file)?.[2]);
    const token = request.headers.authorization?.replace('Bearer ', '');
    if (token === 'bad') return refuse(response, 401, null, 'Invalid credentials in Authorization header');
    if (repo === undefined || (repo.token !== undefined && repo.token !== token && repo.gated !== true)) {
      return refuse(response, token === undefined ? 401 : 404, 'RepoNotFound', 'Repository not found');
    }
    if (repo.gated === true && (file !== null || asked?.[3] === 'tree') && token !== repo.token) {
      return refuse(response, token === undefined ? 401 : 403, 'GatedRepo', 'Access to model is restricted');
    }
    if (asked?.[3] === 'refs') {
      const branches = Object.entries(repo.refs).map(([name, target]) => ({ name, targetCommit: target }));
      return json(response, { branches, tags: [], converts: [] });
    }
    const revision = asked?.[4] ?? file?.[3] ?? 'main';
    const commit = repo.commits[revision] === undefined ? repo.refs[revision] : revision;
    const files = commit === undefined ? undefined : repo.commits[commit];
    if (files === undefined) return refuse(response, 404, 'RevisionNotFound', 'Invalid rev id');
    if (file !== null) return this.#resolve(request, response, commit!, files[file[4]!]);
    if (asked?.[3] === 'tree') return this.#tree(files, searchParams, pathname, response);
    const siblings = Object.keys(files).map((rfilename) => ({ rfilename }));
    return json(response, { _id: '1', id: repo.name, sha: commit, siblings, private: false, gated: false });
  }

  #search(kind: RepoKind, search: URLSearchParams, response: ServerResponse): ServerResponse {
    const author = search.get('author');
    const named = this.repos.filter((one) => one.kind === kind && one.token === undefined);
    const found = named.filter(({ name }) =>
      author === null ? name.includes(search.get('search') ?? '') : name.startsWith(`${author}/`),
    );
    return json(
      response,
      found.map(({ name }) => ({ id: name })),
    );
  }

  #tree(
    files: TestRepo['commits'][string],
    search: URLSearchParams,
    pathname: string,
    response: ServerResponse,
  ): ServerResponse {
    const entries = Object.entries(files).map(([path, file]) => {
      const bytes = bytesOf(file);
      const oid = gitSum(file.lfs === true ? Buffer.from(`pointer ${sha256(bytes)}`) : bytes);
      const lfs = { oid: sha256(bytes), size: bytes.length, pointerSize: 130 };
      return { type: 'file', oid, size: bytes.length, path, ...(file.lfs === true && { lfs }) };
    });
    const from = Number(search.get('cursor') ?? 0);
    const next = `${this.endpoint}${pathname}?recursive=true&cursor=${from + PAGE}`;
    if (from + PAGE < entries.length) response.setHeader('link', `<${next}>; rel="next"`);
    return json(response, entries.slice(from, from + PAGE));
  }

  #resolve(
    request: IncomingMessage,
    response: ServerResponse,
    commit: string,
    file: TestFile | undefined,
  ): ServerResponse {
    response.setHeader('x-repo-commit', commit);
    if (file === undefined) return refuse(response, 404, 'EntryNotFound', 'Entry not found');
    const bytes = bytesOf(file);
    if (file.lfs !== true) {
      response.setHeader('etag', `"${gitSum(bytes)}"`);
      return this.#send(request, response, bytes);
    }
    const sum = sha256(bytes);
    response.setHeader('x-linked-etag', `"${sum}"`);
    response.setHeader('x-linked-size', bytes.length);
    return response.writeHead(302, { location: `${this.#files}/${sum}`, 'content-length': 0 }).end();
  }

  #serveContent(request: IncomingMessage, response: ServerResponse): ServerResponse {
    const sum = request.url!.slice(1);
    const all = this.repos.flatMap(({ commits }) =>
      Object.values(commits).flatMap((one) => Object.values(one)),
    );
    const bytes = all.map(bytesOf).find((one) => sha256(one) === sum);
    if (bytes === undefined) return response.writeHead(404).end();
    response.setHeader('etag', '"of-the-files-server"');
    return this.#send(request, response, bytes);
  }

  /** Sends bytes, or the range that is asked for, with the faults that are due. */
  #send(request: IncomingMessage, response: ServerResponse, all: Buffer): ServerResponse {
    const [, first] = /^bytes=(\d+)-/.exec(request.headers.range ?? '') ?? [];
    const from = first === undefined || this.faults.noRanges ? null : Number(first);
    if (from !== null && from >= all.length) {
      return response.writeHead(416, { 'content-range': `bytes */${all.length}` }).end();
    }
    const bytes = Buffer.from(all.subarray(from ?? 0));
    response.setHeader('content-length', bytes.length);
    if (from !== null) response.setHeader('content-range', `bytes ${from}-${all.length - 1}/${all.length}`);
    response.writeHead(from === null ? 200 : 206);
    if (request.method === 'HEAD') return response.end();
    if (this.faults.damaged > 0 && bytes.length > 0) {
      this.faults.damaged -= 1;
      bytes[0]! ^= 1;
    }
    const end = this.faults.breaks.shift() ?? bytes.length;
    const stalls = this.faults.stalls > 0;
    if (stalls) this.faults.stalls -= 1;
    void this.#write(response, bytes.subarray(0, stalls ? bytes.length >> 1 : end), () => {
      if (stalls) return;
      if (end < bytes.length) response.destroy();
      else response.end();
    });
    return response;
  }

  async #write(response: ServerResponse, bytes: Buffer, done: () => void): Promise<void> {
    for (let at = 0; at < bytes.length; at += PIECE) {
      await new Promise<void>((resolve) => response.write(bytes.subarray(at, at + PIECE), () => resolve()));
      if (this.faults.pieceMs > 0) await new Promise((resolve) => setTimeout(resolve, this.faults.pieceMs));
    }
    done();
  }
}

function bytesOf({ content }: TestFile): Buffer {
  return Buffer.from(content);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function gitSum(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

function json(response: ServerResponse, value: unknown): ServerResponse {
  response.setHeader('content-type', 'application/json');
  return response.end(JSON.stringify(value));
}

function refuse(
  response: ServerResponse,
  status: number,
  code: string | null,
  message: string,
): ServerResponse {
  if (code !== null) response.setHeader('x-error-code', code);
  response.setHeader('x-error-message', message);
  response.statusCode = status;
  return json(response, { error: message });
}

/** A commit's hash made of one digit. */
export function commitOf(digit: string): string {
  return digit.repeat(40);
}

/** A small model as repositories have them: settings, weights twice, and what nobody needs. */
export function modelRepo(name: string, weights: Uint8Array | string = 'weights'): TestRepo {
  const files: Record<string, TestFile> = {
    '.gitattributes': { content: '*.safetensors filter=lfs\n' },
    'README.md': { content: '# A model\n' },
    'config.json': { content: '{"model_type": "qwen2"}\n' },
    'tokenizer.json': { content: '{"version": "1.0"}\n', lfs: true },
    'tokenizer_config.json': { content: '{}' },
    'model.safetensors': { content: weights, lfs: true },
    'pytorch_model.bin': { content: 'the same weights', lfs: true },
    'onnx/model.onnx': { content: 'the same weights', lfs: true },
  };
  return { kind: 'model', name, commits: { [commitOf('a')]: files }, refs: { main: commitOf('a') } };
}
