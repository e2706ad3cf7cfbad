/**
 * @file The chat page's files, read once: a request names an entry of a table, never a path of the file system.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { SETUP_COMMAND } from '../../../setup/status.mjs';
import { UserError } from '../../errors.ts';
import type { AppContext } from './context.ts';

interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly etag: string;
  readonly cache: string;
}

const TYPES: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** A name with eight or more letters or digits of a hash before its ending changes with its content. */
const HASHED = /[-.](?=[\w]*\d)[A-Za-z0-9_]{8,}\.\w+$/;

/** Everything from here and nothing inline: text of a model can never become a script. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** @throws UserError where the directory cannot be read */
export function readPage(directory: string): ReadonlyMap<string, PageFile> {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && extname(entry.name) in TYPES);
    const page = new Map(
      files.map(({ parentPath, name }) => {
        const file = join(parentPath, name);
        return [`/${relative(directory, file).replaceAll(sep, '/')}`, readPageFile(file)] as const;
      }),
    );
    const index = page.get('/index.html');
    if (index !== undefined) page.set('/', index);
    return page;
  } catch (error) {
    throw new UserError(`${directory}: the chat page cannot be read`, `Build it with ${SETUP_COMMAND}.`, {
      cause: error,
    });
  }
}

function readPageFile(file: string): PageFile {
  const bytes = new Uint8Array(readFileSync(file));
  const digest = createHash('sha256').update(bytes).digest('base64url');
  return {
    bytes,
    type: TYPES[extname(file)]!,
    etag: `"${digest.slice(0, 22)}"`,
    cache: HASHED.test(file) ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
}

/** The file of the request's path, or null where there is none. */
export function servePage(c: AppContext, page: ReadonlyMap<string, PageFile>): Response | null {
  const file = page.get(c.req.path);
  if (file === undefined) return null;
  const headers = {
    'cache-control': file.cache,
    etag: file.etag,
    'content-security-policy': POLICY,
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  };
  if (c.req.header('if-none-match') === file.etag) return new Response(null, { status: 304, headers });
  return new Response(file.bytes, { headers: { ...headers, 'content-type': file.type } });
}
