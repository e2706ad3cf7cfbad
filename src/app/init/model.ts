/** @file The model of a new recipe: found, and as the recipe names it; how it is asked, and how long it may answer. */
import path from 'node:path';
import { PACKAGE_ROOT } from '../../../setup/status.mjs';
import { readConfig } from '../../models/index.ts';
import { isHubName, parseHubName } from '../../remote/hub/index.ts';
import { type PromptTemplate, renderPrompt, Tokenizer } from '../../text/index.ts';
import { lookUp } from '../cli/hub.ts';
import type { Io } from '../cli/io.ts';
import { findCheckpoint, requireCheckpoint } from '../cli/require-checkpoint.ts';
import { fetchForEstimate } from '../commands/run-inputs.ts';
import { type HubInput, pinnedName } from '../recipes/index.ts';

/** A checkpoint that was found. */
export interface Model {
  /** As it was named: a path from here, or a name on the hub. */
  readonly named: string;
  /** The checkpoint, or of one on the hub its small files: configuration and tokenizer. */
  readonly path: string;
  /** What was looked up on the hub. */
  readonly inputs: readonly HubInput[];
  readonly template: PromptTemplate;
  /** Tokens of prompt and response together. */
  readonly context: number;
}

/** @throws UsageError where there is no checkpoint, HubError for what cannot be looked up */
export async function openModel(named: string, io: Io): Promise<Model> {
  const { found, inputs } = isHubName(named)
    ? await fromHub(named, io)
    : { found: findCheckpoint(named), inputs: [] };
  if (inputs.length === 0) {
    requireCheckpoint(
      found,
      'Name the folder of a checkpoint, a GGUF file, or a name on the hub such as hf:Qwen/Qwen3-0.6B.',
    );
  }
  const { maxPositions: context } = readConfig(found);
  return { named, path: found, inputs, template: templateFor(Tokenizer.load(found)), context };
}

async function fromHub(named: string, io: Io): Promise<{ found: string; inputs: readonly HubInput[] }> {
  const input: HubInput = {
    kind: 'model',
    name: named,
    plan: await lookUp(parseHubName(named, 'model'), io.stderr),
  };
  const places = await fetchForEstimate([input], io.stderr);
  return { found: places.get(pinnedName(input))!, inputs: [input] };
}

/** The model's own chat template; else the paper's, unless the vocabulary has no words for it. */
function templateFor(tokenizer: Tokenizer): PromptTemplate {
  if (tokenizer.chatTemplate !== undefined) return 'chat';
  const { text } = renderPrompt('r1-zero', '', tokenizer);
  return tokenizer.decode(tokenizer.encode(text)).trim() === text.trim() ? 'r1-zero' : 'plain';
}

/** A model as a recipe in a folder names it: those of the package as everywhere, other paths from there. */
export function namedFrom(dir: string, { named, path: found }: Pick<Model, 'named' | 'path'>): string {
  const packaged = path.relative(PACKAGE_ROOT, path.resolve(found));
  if (packaged.startsWith(`models${path.sep}`)) return packaged.split(path.sep).join('/');
  if (isHubName(named) || path.isAbsolute(named)) return named;
  return path.relative(dir, named).split(path.sep).join('/');
}
