/** @file `aha inspect`: architecture, parameters and memory of a checkpoint, from its configuration and the headers of its files. */
import path from 'node:path';
import { bytesInWords } from '../../bytes.ts';
import { UsageError } from '../../errors.ts';
import {
  ARCHITECTURES,
  GPU_KERNELS,
  leftOut,
  type ModelConfig,
  type ModelPart,
  modelParts,
  modelSizes,
  readConfig,
  type StoredType,
  sampledPositions,
  storedTypes,
} from '../../models/index.ts';
import type { Output } from '../../output.ts';
import { fetchPlan, formatHubName, hubSettings, isHubName, parseHubName } from '../../remote/hub/index.ts';
import { type MemoryLine, memoryTable } from '../../stages/memory-table.ts';
import { resolveDevice } from '../../torch/index.ts';
import { lookUp, quiet } from '../cli/hub.ts';
import { findCheckpoint, requireCheckpoint } from '../cli/require-checkpoint.ts';
import { table } from '../terminal/text-table.ts';

export interface InspectOptions {
  /** Rows that are read or trained together. */
  readonly batch: number;
  /** Tokens of each. */
  readonly context?: number;
  readonly recompute?: boolean;
  readonly device?: 'cpu' | 'cuda';
}

/** Architecture, parameters and memory of a checkpoint. */
export interface Inspection {
  /** Its path, or its name on the hub at its commit. */
  readonly checkpoint: string;
  readonly architecture: string;
  readonly className: string;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly vocabulary: number;
  readonly positions: number;
  readonly parameters: number;
  readonly active: number;
  readonly parts: readonly ModelPart[];
  /** Of the files; null where the weights are not here. */
  readonly stored: readonly StoredType[] | null;
  /** Parts of the checkpoint that the model does not have, in words; null for none. */
  readonly leftOut: string | null;
  /** Bytes of one token in a cache. */
  readonly cacheBytesPerToken: { readonly bf16: number; readonly fp32: number };
  /** Bytes of the state of one row in a cache, whatever its length; 0 for models without. */
  readonly stateBytesPerRow: { readonly bf16: number; readonly fp32: number };
  readonly memory: {
    readonly rows: number;
    readonly length: number;
    readonly device: string;
    readonly recompute: boolean;
    readonly lines: readonly MemoryLine[];
  };
}

/** Tokens of a row unless asked otherwise, of models that read as many. */
const CONTEXT = 4096;

/**
 * @param output - told what is downloaded
 * @throws UsageError where there is no checkpoint, or its files are no whole one
 */
export async function inspect(named: string, options: InspectOptions, output: Output): Promise<Inspection> {
  const { checkpoint, directory } = await headersOf(named, output);
  const config = readConfig(directory);
  const { parameters, active } = modelSizes(config);
  const both = (bytes: 'cacheBytesPerToken' | 'stateBytesPerRow') => ({
    bf16: modelSizes(config, 'bfloat16')[bytes],
    fp32: modelSizes(config, 'float32')[bytes],
  });
  return {
    checkpoint,
    architecture: config.modelType,
    className: ARCHITECTURES.get(config.modelType)!.className,
    layers: config.layers,
    hiddenSize: config.hiddenSize,
    vocabulary: config.vocabSize,
    positions: config.maxPositions,
    parameters,
    active,
    parts: modelParts(config),
    stored: storedTypes(directory, config),
    leftOut: leftOut(directory, config),
    cacheBytesPerToken: both('cacheBytesPerToken'),
    stateBytesPerRow: both('stateBytesPerRow'),
    memory: memoryOf(config, options),
  };
}

/** Where the configuration is: of a model on the hub no weights are downloaded, but a GGUF file is one with its weights. */
async function headersOf(
  named: string,
  output: Output,
): Promise<{ readonly checkpoint: string; readonly directory: string }> {
  if (isHubName(named)) {
    const plan = await lookUp(parseHubName(named, 'model'), output);
    const options = { settings: hubSettings(), watcher: quiet(output) };
    const directory = await fetchPlan(plan, options, ({ path: file }) =>
      /(^|\/)config\.json$|\.gguf$/.test(file),
    );
    return { checkpoint: formatHubName(plan.name), directory };
  }
  const found = findCheckpoint(named, (note) => output.write(`aha: ${note}\n`));
  const isOfFolder = path.basename(found) === 'config.json' || found.endsWith('.safetensors');
  const directory = isOfFolder ? path.dirname(found) : found;
  requireCheckpoint(
    directory,
    'name a directory with a config.json, a GGUF file, or a model on the hub (hf:…)',
  );
  return { checkpoint: named, directory };
}

function memoryOf(config: ModelConfig, options: InspectOptions): Inspection['memory'] {
  const longest = sampledPositions(config);
  const { batch: rows, context: length = Math.min(CONTEXT, longest), recompute = false } = options;
  if (length > longest) {
    const what = `--context ${length}: the model reads ${longest} tokens`;
    throw new UsageError(what, `Give at most ${longest}.`);
  }
  const here = resolveDevice('auto');
  const device = options.device === undefined || here.startsWith(options.device) ? here : options.device;
  const kernels = device === 'cuda' && { kernels: GPU_KERNELS };
  const lines = memoryTable(config, { rows, length, device, recompute, ...kernels });
  return { rows, length, device, recompute, lines };
}

/** What `aha inspect` prints. */
export function describe(found: Inspection): string {
  const { checkpoint, architecture, className, memory } = found;
  return [
    `${checkpoint}: ${architecture} (${className})`,
    table(facts(found), [0, 1]),
    table(partsTable(found.parts), [0]),
    memoryHeading(memory),
    table(memoryRows(memory.lines), [0]),
    ...(memory.lines.some(({ atLeast }) => atLeast)
      ? ['≥: without activations, which are not known of this architecture.']
      : []),
  ].join('\n\n');
}

const whole = (number: number): string => number.toLocaleString('en');

/** 671.0 billion as `671.0B`, and so on down to millions. */
function inBillions(parameters: number): string {
  if (parameters >= 1e9) return `${(parameters / 1e9).toFixed(1)}B`;
  return parameters >= 1e6 ? `${(parameters / 1e6).toFixed(1)}M` : whole(parameters);
}

function facts(found: Inspection): string[][] {
  const { parameters, active, stored, cacheBytesPerToken: cache, stateBytesPerRow: state } = found;
  const types = stored?.map(
    ({ type, tensors, bytes }) => `${whole(tensors)} ${type}, ${bytesInWords(bytes)}`,
  );
  return [
    ['parameters', `${whole(parameters)} (${inBillions(parameters)})`],
    ['active for a token', `${whole(active)} (${inBillions(active)})`],
    ['layers', whole(found.layers)],
    ['hidden size', whole(found.hiddenSize)],
    ['vocabulary', whole(found.vocabulary)],
    ['longest context', `${whole(found.positions)} tokens`],
    ['tensors', types?.join('; ') ?? 'no weights here'],
    ...(found.leftOut === null ? [] : [['left out', found.leftOut]]),
    ['cache', `${whole(cache.bf16)} bytes a token in bf16, ${whole(cache.fp32)} in fp32`],
    ...(state.bf16 > 0
      ? [['state', `${whole(state.bf16)} bytes a row in bf16, ${whole(state.fp32)} in fp32`]]
      : []),
  ];
}

function partsTable(parts: readonly ModelPart[]): string[][] {
  const rows = parts.map(({ part, tensors, parameters, active }) => [
    part,
    whole(tensors),
    inBillions(parameters),
    inBillions(active),
  ]);
  return [['part', 'tensors', 'parameters', 'active'], ...rows];
}

function memoryHeading({ rows, length, device, recompute }: Inspection['memory']): string {
  const how = recompute ? ', activations computed again' : '';
  return `Memory of ${whole(rows)} rows of ${whole(length)} tokens in one micro-batch on ${device}${how}:`;
}

/** A line for each use, a column for each precision. */
function memoryRows(lines: readonly MemoryLine[]): string[][] {
  const precisions = [...new Set(lines.map(({ precision }) => precision))];
  const uses = [...new Set(lines.map(({ use }) => use))];
  const cell = (use: string, precision: string): string => {
    const line = lines.find((one) => one.use === use && one.precision === precision);
    return line === undefined ? '' : `${line.atLeast ? '≥ ' : ''}${bytesInWords(line.bytes)}`;
  };
  return [
    ['', ...precisions],
    ...uses.map((use) => [use, ...precisions.map((precision) => cell(use, precision))]),
  ];
}
