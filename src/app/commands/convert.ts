/**
 * @file `aha convert`: a GGUF file as a Hugging Face folder, a checkpoint as a GGUF file with a Modelfile, or a LoRA adapter
 * merged into its base as a Hugging Face folder.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { bytesInWords } from '../../bytes.ts';
import { UsageError } from '../../errors.ts';
import { isGguf } from '../../gguf/index.ts';
import {
  type GgufType,
  loadAdapter,
  loadModel,
  readGenerationConfig,
  saveAsFolder,
  saveAsGguf,
  saveTrained,
  storedWeights,
} from '../../models/index.ts';
import { writeFileAtomic } from '../../run/atomic.ts';
import { Tokenizer } from '../../text/index.ts';
import type { DType } from '../../torch/index.ts';
import { requireCheckpoint } from '../cli/require-checkpoint.ts';
import { modelfile } from './modelfile.ts';

export interface ConvertOptions {
  /** Unless given the other one of what the checkpoint is. */
  readonly to?: 'gguf' | 'hf';
  /** Of the weights; unless given such that nothing is lost. */
  readonly type?: GgufType;
  /** Whether a checkpoint that is there may be replaced. */
  readonly overwrite?: boolean;
  /** The checkpoint that a LoRA adapter is merged into; the adapter's folder stands in the place of the checkpoint then. */
  readonly base?: string;
  /** What the model is called in a GGUF file; unless given as the checkpoint's file or folder. */
  readonly name?: string;
}

export interface Converted {
  /** The figures in one line. */
  readonly line: string;
  readonly figures: {
    readonly out: string;
    readonly to: 'gguf' | 'hf';
    readonly type: GgufType;
    /** Of the file, or of all files of the folder. */
    readonly bytes: number;
    readonly modelfile: string | null;
    readonly seconds: number;
  };
}

/** The dtypes of folders, by `--type`. */
const DTYPES: { readonly [type in GgufType]?: DType } = { f32: 'float32', f16: 'float16', bf16: 'bfloat16' };

/**
 * @param warn - told of sampling settings that no Modelfile takes
 * @throws UsageError where the checkpoint, the place or the type cannot be; as saveAsFolder and saveAsGguf besides
 */
export async function convert(
  checkpoint: string,
  out: string,
  options: ConvertOptions,
  warn: (message: string) => void,
): Promise<Converted> {
  const began = performance.now();
  const { base = checkpoint } = options;
  const adapter = options.base === undefined ? undefined : checkpoint;
  if (adapter !== undefined) requireMergeable(adapter, options);
  requireCheckpoint(base, 'Name a GGUF file, or the directory of a checkpoint.');
  const to = options.to ?? (adapter !== undefined || isGguf(checkpoint) ? 'hf' : 'gguf');
  requireFree(out, to, options.overwrite ?? false);
  const type = options.type ?? typeOf(storedWeights(base));
  const written =
    to === 'hf'
      ? await writeFolder(base, out, { type, adapter })
      : await writeFile(checkpoint, out, { type, name: options.name }, warn);
  const figures = { out, to, type, ...written, seconds: (performance.now() - began) / 1000 };
  const what = to === 'hf' ? 'Hugging Face folder' : `GGUF file (its Modelfile: ${figures.modelfile})`;
  const line = `${out}: ${what}, ${type}, ${bytesInWords(figures.bytes)}, in ${figures.seconds.toFixed(1)} s`;
  return { line, figures };
}

function typeOf(dtype: DType): GgufType {
  const [type] = Object.entries(DTYPES).find(([, one]) => one === dtype) ?? ['f32'];
  return type as GgufType;
}

/** @throws UsageError where the folder holds no adapter, or a GGUF file is asked for */
function requireMergeable(adapter: string, { to }: ConvertOptions): void {
  if (!existsSync(path.join(adapter, 'adapter_config.json'))) {
    throw new UsageError(
      `${adapter}: no LoRA adapter (no adapter_config.json in it)`,
      'Name the folder of an adapter, or leave --base out.',
    );
  }
  if (to === 'gguf') {
    throw new UsageError(
      '--to gguf: an adapter is merged into a Hugging Face folder',
      'Leave --to out, and convert the new folder to GGUF.',
    );
  }
}

function requireFree(out: string, to: 'gguf' | 'hf', overwrite: boolean): void {
  if (to === 'gguf' && !out.endsWith('.gguf')) {
    throw new UsageError(
      `${out}: the name of a GGUF file ends with .gguf`,
      `Name a file, such as ${out}.gguf.`,
    );
  }
  const isFile = statSync(out, { throwIfNoEntry: false })?.isFile() ?? false;
  if (to === 'hf' && (isFile || out.endsWith('.gguf'))) {
    throw new UsageError(
      `${out}: not a directory`,
      'Name the directory of the new checkpoint, or give --to gguf.',
    );
  }
  const written = to === 'gguf' ? [out, modelfileOf(out)] : [path.join(out, 'config.json')];
  const taken = written.find((file) => existsSync(file));
  if (taken === undefined || overwrite) return;
  const what =
    taken === modelfileOf(out)
      ? `${taken}: there is a Modelfile already`
      : `${out}: there is a checkpoint already`;
  throw new UsageError(what, 'Use --overwrite to replace it, or name another place.');
}

/** The Modelfile beside a GGUF file. */
function modelfileOf(file: string): string {
  return file.replace(/\.gguf$/, '.Modelfile');
}

/** @param adapter - merged into the checkpoint */
async function writeFolder(
  checkpoint: string,
  out: string,
  { type, adapter }: { readonly type: GgufType; readonly adapter: string | undefined },
): Promise<{ bytes: number; modelfile: null }> {
  const dtype = DTYPES[type];
  if (dtype === undefined) {
    throw new UsageError(
      `--type ${type}: a Hugging Face folder is not quantised`,
      `Use --type ${Object.keys(DTYPES).join(', ')}, or --to gguf.`,
    );
  }
  if (adapter === undefined) await saveAsFolder(checkpoint, out, dtype);
  else await mergeAdapter(adapter, out, { base: checkpoint, dtype });
  const files = readdirSync(out, { withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, { name }) => sum + statSync(path.join(out, name)).size, 0);
  return { bytes, modelfile: null };
}

/** Merged in float32, and then rounded. */
async function mergeAdapter(
  adapter: string,
  out: string,
  { base, dtype }: { readonly base: string; readonly dtype: DType },
): Promise<void> {
  const model = loadModel(base, { dtype: 'float32' });
  try {
    await saveTrained(loadAdapter(model, adapter), out, { base, dtype, lora: false });
  } finally {
    model.dispose();
  }
}

async function writeFile(
  checkpoint: string,
  out: string,
  { type, name }: { readonly type: GgufType; readonly name: string | undefined },
  warn: (message: string) => void,
): Promise<{ bytes: number; modelfile: string }> {
  const sampling = readGenerationConfig(checkpoint, warn);
  const bytes = await saveAsGguf(checkpoint, out, type, name);
  const beside = modelfileOf(out);
  await writeFileAtomic(beside, modelfile(out, Tokenizer.load(checkpoint), sampling));
  return { bytes, modelfile: beside };
}
