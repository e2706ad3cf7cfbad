/** @file State and models of the server, asked again when the key changes or the page asks to. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import { fetchModels, fetchServerInfo, ServerError } from './client.ts';
import type { ServedModel, ServerInfo } from './wire.ts';

export interface Server {
  readonly info: ServerInfo;
  /** null until they are known. */
  readonly models: readonly ServedModel[] | null;
  /** Why they are not known. */
  readonly problem: Problem | null;
}

export interface Problem {
  readonly status: number | null;
  readonly message: string;
  /** The server may answer another time. */
  readonly passing: boolean;
}

const UNKNOWN: Server = {
  info: { version: '', era: 'open', keyRequired: false },
  models: null,
  problem: null,
};

/** A model that is loading is asked after as often, in milliseconds. */
const POLL = 3000;

export function useServer(apiKey: string): readonly [Server, () => void] {
  const [server, setServer] = useState(UNKNOWN);
  const load = useCallback(() => {
    void ask(apiKey).then((answer) => setServer((before) => ({ ...before, ...answer })));
  }, [apiKey]);
  useEffect(load, [load]);
  const starting =
    server.models?.some(({ state }) => state === 'starting' || state === 'restarting') === true;
  useEffect(() => {
    if (!starting) return;
    const timer = setInterval(load, POLL);
    return () => clearInterval(timer);
  }, [starting, load]);
  return [server, load];
}

async function ask(apiKey: string): Promise<Partial<Server>> {
  // A server that does not describe itself is taken for one that honours everything.
  const info = await fetchServerInfo().catch(() => UNKNOWN.info);
  try {
    return { info, models: await fetchModels(apiKey), problem: null };
  } catch (error) {
    const { status, passing } = error instanceof ServerError ? error : { status: null, passing: true };
    return { info, models: null, problem: { status, passing, message: (error as Error).message } };
  }
}
