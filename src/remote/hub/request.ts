/**
 * @file Requests to the hub: with the token, which goes to the endpoint alone; retried where the network or the server fails
 * for a moment; refused answers as errors with a remedy.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { VERSION } from '../../version.ts';
import { HubError, refusalOf, unreachable } from './errors.ts';
import type { HubName } from './name.ts';
import type { HubSettings } from './settings.ts';

/** How patiently the hub is asked. */
export interface Patience {
  /** Requests without any progress before it is given up. */
  readonly tries: number;
  /** Pause before the second request, milliseconds; doubled each time. */
  readonly pauseMs: number;
  /** Time without a byte after which a connection counts as broken, milliseconds. */
  readonly stallMs: number;
}

export const PATIENCE: Patience = { tries: 5, pauseMs: 1000, stallMs: 60_000 };

/** What is needed to ask for something of one repository. */
export interface Asking {
  readonly name: HubName;
  readonly settings: HubSettings;
  readonly patience: Patience;
}

/** Longest pause that a server may ask for, milliseconds. */
const LONGEST_PAUSE = 60_000;

/**
 * A request whose answer is a success. Redirects are followed; to another host or port without the token.
 * @throws HubError for a refusal, and where no answer comes
 */
export async function request(
  url: string,
  { name, settings, patience }: Asking,
  init: RequestInit = {},
): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('user-agent', `aha/${VERSION}`);
  const isOwn = new URL(url).origin === new URL(settings.endpoint).origin;
  if (isOwn && settings.token !== null) headers.set('authorization', `Bearer ${settings.token}`);
  for (let attempt = 1; ; attempt++) {
    const last = attempt >= patience.tries;
    const response = await answer(url, { ...init, headers }, patience).catch((error: unknown) => {
      if (last || init.signal?.aborted) throw unreachable(name, settings, error);
      return null;
    });
    if (response?.ok) return response;
    const passes = response === null || response.status === 429 || response.status >= 500;
    if (response !== null) await response.body?.cancel();
    if (response !== null && (!passes || last)) throw refusalOf(response, name, settings);
    await sleep(pauseOf(response, attempt, patience));
  }
}

/** A response whose headers come in time. The body has its own clock. */
async function answer(url: string, init: RequestInit, { stallMs }: Patience): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer within ${stallMs / 1000} s`)), stallMs);
  const signal = init.signal ? AbortSignal.any([init.signal, late.signal]) : late.signal;
  try {
    return await fetch(url, { ...init, signal });
  } finally {
    clearTimeout(timer);
  }
}

/** As long as the server asks for, else longer each time. */
function pauseOf(response: Response | null, attempt: number, { pauseMs }: Patience): number {
  const asked = Number(response?.headers.get('retry-after') ?? Number.NaN) * 1000;
  return Math.min(LONGEST_PAUSE, asked > 0 ? asked : pauseMs * 2 ** (attempt - 1));
}

/** Pauses before a broken download goes on. */
export async function pauseAfter(failures: number, { pauseMs }: Patience): Promise<void> {
  await sleep(Math.min(LONGEST_PAUSE, pauseMs * 2 ** (failures - 1)));
}

/** The JSON of an answer, or null for whatever goes wrong: for what only improves a message. */
export async function tryJson(url: string, asking: Asking): Promise<unknown> {
  try {
    const response = await request(url, { ...asking, patience: { ...asking.patience, tries: 1 } });
    return await response.json();
  } catch (error) {
    if (error instanceof HubError || error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}
