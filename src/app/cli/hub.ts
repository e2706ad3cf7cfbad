/** @file Inputs of commands: a path as it is, or a name on the hub, which is downloaded first. */
import type { Output } from '../../output.ts';
import {
  fetchPlan,
  formatHubName,
  type HubName,
  type HubPlan,
  hubSettings,
  isHubName,
  parseHubName,
  planHub,
  type RepoKind,
  shortName,
} from '../../remote/hub/index.ts';
import { DownloadLine } from '../terminal/download-line.ts';
import { findCheckpoint } from './require-checkpoint.ts';

/** Where an input is, and what it was. */
export interface Located {
  readonly path: string;
  /** What it is called: `Qwen3-0.6B`; undefined for a path. */
  readonly label?: string;
  /** The name at its commit; undefined for a path. */
  readonly source?: string;
}

/** The path of an input. A name on the hub is downloaded; how that goes is shown on `output`. */
export async function locate(text: string, kind: RepoKind, output: Output): Promise<Located> {
  if (!isHubName(text)) return { path: text };
  const plan = await lookUp(parseHubName(text, kind), output);
  const path = await fetchShown(plan, output);
  return { path, label: shortName(plan.name), source: formatHubName(plan.name) };
}

/** As locate, of a checkpoint: a path may also be one of the package's own. */
export async function locateCheckpoint(text: string, output: Output): Promise<Located> {
  if (isHubName(text)) return locate(text, 'model', output);
  return { path: findCheckpoint(text, (note) => output.write(`aha: ${note}\n`)) };
}

/** Asks the hub, or the cache, what a name leads to. */
export async function lookUp(name: HubName, output: Output): Promise<HubPlan> {
  return planHub(name, { settings: hubSettings(), watcher: quiet(output) });
}

/** Downloads what a plan lacks, with a line that shows how far it is. Returns the path. */
export async function fetchShown(plan: HubPlan, output: Output): Promise<string> {
  const line = new DownloadLine(output, { title: formatHubName(plan.name), total: plan.missingBytes });
  try {
    const path = await fetchPlan(plan, { settings: hubSettings(), watcher: line });
    line.end();
    return path;
  } finally {
    line.stop();
  }
}

/** A watcher of small files, which need no line. */
export function quiet(output: Output): { onBytes(): void; note(text: string): void } {
  return { onBytes: () => undefined, note: (text) => void output.write(`${text}\n`) };
}
