/** @file Context of handlers: the app's options and the request's exchange. */
import type { Context, Hono } from 'hono';
import type { Backend } from '../backend.ts';
import type { Access } from './access.ts';
import type { Era } from './eras.ts';
import type { Exchange } from './exchange.ts';
import type { Observer } from './observer.ts';

export interface AppOptions {
  readonly backend: Backend;
  readonly era: Era;
  readonly access: Access;
  readonly observer: Observer;
  /** Origins that web pages may call from, `*` for any; empty: CORS is off. */
  readonly corsOrigins: readonly string[];
  readonly maxBodyBytes: number;
  /** Pause after which a comment (streams) or a blank line (other replies) is sent. */
  readonly keepAliveMs: number;
  /** Directory of the chat page's files, served at `/`; null: none. */
  readonly pageDir: string | null;
  /**
   * The server samples for a trainer, which may replace its weights by those of folders under this one; null or left out:
   * neither is possible.
   */
  readonly weightsRoot?: string | null;
  /** Whether the server is shutting down, for `/health`. */
  readonly draining?: () => boolean;
}

export interface Variables {
  readonly exchange: Exchange;
}

export type App = Hono<{ Variables: Variables }>;
export type AppContext = Context<{ Variables: Variables }>;
