/**
 * @file The files a tokenizer is made of: read whole, kept byte for byte, written back unchanged.
 *
 * A checkpoint saved beside its tokenizer never loses the chat template or the list of end tokens, because what
 * was read is what is written. Nothing here understands the contents beyond JSON.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { atPath, UserError } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../records.ts';

/** Files by name relative to their folder, as bytes. */
export interface TokenizerFiles {
  /** The folder they were read from, or a name for files made in memory: only for messages. */
  readonly where: string;
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** The model's config.json, if there is one. It belongs to the model: `writeTokenizerFiles` leaves it out. */
  readonly config?: Uint8Array | undefined;
}

const NAMES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'vocab.txt',
  'tokenizer.model',
  'generation_config.json',
  'chat_template.jinja',
  'chat_template.json',
];
const CONFIG = 'config.json';
const TEMPLATE_FOLDER = 'additional_chat_templates';

function hasCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (hasCode(error, ['ENOENT', 'ENOTDIR'])) return undefined;
    throw new UserError(`${path}: cannot be read`, 'Check that it is a file and that you may read it.', {
      cause: error,
    });
  }
}

function listTemplates(dir: string): string[] {
  try {
    return readdirSync(join(dir, TEMPLATE_FOLDER))
      .filter((name) => name.endsWith('.jinja'))
      .sort();
  } catch {
    return [];
  }
}

/**
 * Reads every tokenizer file of a checkpoint folder; `readTokenizerFiles` takes GGUF files too.
 * @throws UserError when there is no `tokenizer.json`
 */
export function readTokenizerFolder(dir: string): TokenizerFiles {
  const names = [...NAMES, ...listTemplates(dir).map((name) => `${TEMPLATE_FOLDER}/${name}`)];
  const contents = new Map<string, Uint8Array>();
  for (const name of names) {
    const bytes = readIfThere(join(dir, name));
    if (bytes !== undefined) contents.set(name, bytes);
  }
  if (!contents.has('tokenizer.json')) {
    const older = ['tokenizer.model', 'vocab.json', 'vocab.txt'].find((name) => contents.has(name));
    throw new UserError(
      `${join(dir, 'tokenizer.json')}: not found`,
      older === undefined
        ? 'Give the folder of a Hugging Face checkpoint that holds a tokenizer.json.'
        : `Only the older ${older} is there; loading and saving it with transformers' AutoTokenizer writes a tokenizer.json.`,
    );
  }
  return { where: dir, contents, config: readIfThere(join(dir, CONFIG)) };
}

/** Writes the files byte for byte, each first beside its place and then renamed into it. */
export function writeTokenizerFiles(files: TokenizerFiles, dir: string): void {
  for (const [name, bytes] of files.contents) {
    const path = join(dir, name);
    mkdirSync(dirname(path), { recursive: true });
    const draft = `${path}.${process.pid}.tmp`;
    const file = openSync(draft, 'w');
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } catch (error) {
      throw atPath(error, path);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  }
}

/** The path of one of the files, for messages. */
export function pathOf(files: TokenizerFiles, name: string): string {
  return join(files.where, name);
}

/** One of the files as text, undefined when it is not there. */
export function textOf(files: TokenizerFiles, name: string): string | undefined {
  const bytes = name === CONFIG ? files.config : files.contents.get(name);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

/**
 * One of the files as a JSON object, undefined when it is not there.
 * @throws UserError when it is not JSON or not an object
 */
export function objectOf(files: TokenizerFiles, name: string): JsonObject | undefined {
  const text = textOf(files, name);
  if (text === undefined) return undefined;
  const remedy = text.startsWith('version https://git-lfs')
    ? 'It is a Git LFS pointer: fetch the real file with `git lfs pull`.'
    : 'Fetch the file again; it may have been cut short.';
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`${pathOf(files, name)}: not valid JSON (${reason})`, remedy, { cause: error });
  }
  if (!isJsonObject(value)) throw new UserError(`${pathOf(files, name)}: not a JSON object`, remedy);
  return value;
}
