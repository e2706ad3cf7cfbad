/**
 * @file The files of a model that are needed: configuration, tokenizer, chat template and safetensors. Leaves out the same
 * weights in other formats, and what belongs to other programs.
 */
import { suggestion } from '../../did-you-mean.ts';
import { HubError } from './errors.ts';
import type { Listing, RepoFile } from './listing.ts';
import { formatHubName, type HubName } from './name.ts';

const SETTINGS: readonly string[] = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'chat_template.json',
  'adapter_config.json',
  'adapter_model.safetensors',
  'examples.json',
];
const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
/** A part of several: `model-00001-of-00004.safetensors`, `name-Q8_0-00001-of-00002.gguf`. */
const SHARD = /^(.*)-(\d{5})-of-(\d{5})(\.[a-z]+)$/;

/** What is fetched of a model, and where in the snapshot it is then. */
export interface ModelFiles {
  readonly files: readonly RepoFile[];
  /** Of the file or folder that the name leads to; empty for the snapshot itself. */
  readonly path: string;
}

/**
 * The files of a model; of `name.path` the file, all its parts, or the model in that folder.
 * @throws HubError where there is no such path, or no weights that can be read
 */
export function modelFiles(name: HubName, listing: Listing): ModelFiles {
  const { files } = listing;
  const exact = files.find(({ path }) => path === name.path);
  if (exact !== undefined) return { files: partsOf(exact, listing, name), path: exact.path };
  const prefix = name.path === '' ? '' : `${name.path}/`;
  const inside = files.filter(({ path }) => path.startsWith(prefix));
  if (inside.length === 0) {
    const paths = files.map(({ path }) => path);
    throw missing(name, `no such file or folder; ${suggestion(name.path, paths.slice(0, 100))}`);
  }
  const own = inside
    .map((file) => ({ file, at: file.path.slice(prefix.length) }))
    .filter(({ at }) => !at.includes('/'));
  const weights = weightsOf(own.map(({ at }) => at));
  const adapter = own.some(({ at }) => at === 'adapter_model.safetensors');
  if (weights.length === 0 && !adapter) throw unreadable(name, inside, listing);
  const wanted = new Set([...SETTINGS, ...weights]);
  const chosen = own.filter(({ at }) => wanted.has(at)).map(({ file }) => file);
  if (listing.partial)
    requireWhole(
      name,
      chosen,
      own.map(({ at }) => at),
    );
  return { files: chosen, path: name.path };
}

/** The weights as the loader looks for them: one file, or an index with its shards. */
function weightsOf(names: readonly string[]): string[] {
  if (names.includes(SINGLE)) return [SINGLE];
  const safetensors = names.filter(
    (one) => one.endsWith('.safetensors') && one !== 'adapter_model.safetensors',
  );
  if (!names.includes(INDEX)) return safetensors;
  const shards = safetensors.filter((one) => SHARD.test(one));
  return [INDEX, ...(shards.length > 0 ? shards : safetensors)];
}

/** The file, and the other parts of what it is the first of. */
function partsOf(file: RepoFile, listing: Listing, name: HubName): RepoFile[] {
  const [, stem, , count, ending] = SHARD.exec(file.path) ?? [];
  if (stem === undefined || ending === '.safetensors') return [file];
  const parts = listing.files.filter(({ path }) => {
    const [, other, , of, like] = SHARD.exec(path) ?? [];
    return other === stem && of === count && like === ending;
  });
  if (parts.length < Number(count)) throw missing(name, `${parts.length} of its ${Number(count)} parts`);
  return parts;
}

/** Refuses a model of which the cache has a part. */
function requireWhole(name: HubName, chosen: readonly RepoFile[], names: readonly string[]): void {
  const shards = chosen.map(({ path }) => SHARD.exec(path)).filter((one) => one !== null);
  const count = Number(shards[0]?.[3] ?? 0);
  const lacks = shards.length < count || (names.includes(INDEX) && shards.length === 0);
  const absent =
    names.includes('config.json') || names.includes('adapter_config.json') ? null : 'config.json';
  if (lacks || absent !== null) {
    throw missing(
      name,
      absent === null ? `${shards.length} of its ${count} files of weights` : `no ${absent}`,
    );
  }
}

function missing(name: HubName, what: string): HubError {
  return new HubError(
    'missing',
    `${formatHubName(name)}: ${what}`,
    'Name what is there behind the owner and name.',
  );
}

function unreadable(name: HubName, files: readonly RepoFile[], { partial }: Listing): HubError {
  const title = formatHubName(name);
  const ggufs = files.filter(({ path }) => path.endsWith('.gguf'));
  if (ggufs.length > 0) {
    const choice = ggufs.map(({ path }) => `hf:${name.repo}/${path}`).join(', ');
    return new HubError(
      'contents',
      `${title}: no safetensors, but GGUF files`,
      `Name one of them: ${choice}.`,
    );
  }
  const others = files.filter(({ path }) => /\.(bin|pt|pth|onnx|h5|msgpack)$/.test(path));
  if (others.length > 0 && !partial) {
    return new HubError(
      'contents',
      `${title}: no safetensors, only ${others[0]!.path}`,
      'Convert it (transformers: save_pretrained) and name the folder, or name a repository with safetensors.',
    );
  }
  return new HubError('contents', `${title}: no weights here`, 'Name a repository that holds a model.');
}
