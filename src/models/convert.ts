/** @file Conversion of checkpoints: a GGUF file to a Hugging Face folder, and either to a GGUF file. */
import path from 'node:path';
import { GgufFile, isGguf, quantise, type TypedValue, unsupported } from '../gguf/index.ts';
import { ggufTokenizer, readTokenizerFiles } from '../text/index.ts';
import { type DType, noGrad, scope, type Tensor } from '../torch/index.ts';
import { requireFit, saveModel } from './checkpoint.ts';
import { architectureOf, readConfig } from './config.ts';
import { encodingFor, FILE_TYPES, type GgufType, isAlwaysWide } from './gguf/encoding-choice.ts';
import type { GgufForm, GgufParameter, GgufTable } from './gguf/form.ts';
import { grouped } from './gguf/grouped.ts';
import { dtypeOf } from './gguf/weights.ts';
import { type WrittenTensor, writeGguf } from './gguf/write.ts';
import type { ModelConfig } from './language-model.ts';
import { StoredCheckpoint } from './stored-checkpoint.ts';

/** Values converted at a time, about; whole rows. */
const CHUNK = 1 << 22;

/** The dtype in which nothing of a checkpoint's weights is lost, and no narrower one would do. */
export function storedWeights(checkpoint: string): DType {
  if (isGguf(checkpoint)) {
    using file = new GgufFile(checkpoint);
    const matrices = [...file.tensors.values()].filter((tensor) => !isAlwaysWide(tensor));
    const dtypes = new Set(matrices.map(({ encoding }) => dtypeOf(encoding.name)));
    return dtypes.size === 1 ? [...dtypes][0]! : 'float32';
  }
  using stored = new StoredCheckpoint(checkpoint, readConfig(checkpoint));
  const all = [...stored.tensors.values()].map(({ entry }) => entry);
  // Vectors that no gradient trains are float32 in checkpoints of any dtype.
  const dtypes = new Set(all.filter(({ shape }) => shape.length > 1).map(({ dtype }) => dtype));
  return dtypes.size === 1 ? [...dtypes][0]! : 'float32';
}

/**
 * Writes a checkpoint as a Hugging Face folder, tensor by tensor.
 * @param dtype - of the weights; quantised ones are exact in float32
 * @throws UsageError or UserError naming what of the checkpoint is missing, damaged or not supported
 */
export async function saveAsFolder(checkpoint: string, dir: string, dtype: DType): Promise<void> {
  const config = readConfig(checkpoint);
  const { create } = architectureOf(config);
  using stored = new StoredCheckpoint(checkpoint, config);
  requireFit(create, config, stored, checkpoint);
  const shapes = create(config, { device: 'meta', dtype });
  try {
    const source = (name: string): Tensor => stored.read(name)!;
    await saveModel(shapes, dir, { tokenizerFrom: checkpoint, dtype, source });
  } finally {
    shapes.dispose();
  }
}

/**
 * Writes a checkpoint as a GGUF file, tensor by tensor.
 * @param name - of the model, for its metadata
 * @returns the bytes of the file
 * @throws UsageError or UserError naming what of the checkpoint is missing or has no equivalent in llama.cpp
 */
export async function saveAsGguf(
  checkpoint: string,
  file: string,
  type: GgufType,
  name = path.basename(path.resolve(checkpoint)).replace(/\.gguf$/, ''),
): Promise<number> {
  const config = readConfig(checkpoint);
  const { create, gguf: form } = architectureOf(config);
  if (form === undefined) {
    const remedy = 'Keep the model as a Hugging Face folder.';
    throw unsupported(checkpoint, `the architecture ${config.modelType} cannot be written as GGUF`, remedy);
  }
  const tokenizer = ggufTokenizer(readTokenizerFiles(checkpoint), {
    rows: config.vocabSize,
    eosIds: config.eosIds,
  });
  const general = generalMetadata(form, name, type);
  const metadata = new Map([...general, ...form.metadata(config, checkpoint), ...tokenizer]);
  using stored = new StoredCheckpoint(checkpoint, config);
  requireFit(create, config, stored, checkpoint);
  const tensors = grouped(form.parameters(config), (one) => one.name);
  const weights = [...tensors.values()].map((held) => written(held, stored, { checkpoint, type, config }));
  return await writeGguf(file, metadata, [...weights, ...form.tables(config).map(tableOf)]);
}

function generalMetadata(
  form: GgufForm,
  name: string,
  type: GgufType,
): readonly (readonly [string, TypedValue])[] {
  return [
    ['general.architecture', { type: 'string', value: form.name }],
    ['general.type', { type: 'string', value: 'model' }],
    ['general.name', { type: 'string', value: name }],
    ['general.file_type', { type: 'u32', value: FILE_TYPES[type] }],
    ['general.quantization_version', { type: 'u32', value: 2 }],
  ];
}

interface Written {
  readonly checkpoint: string;
  readonly type: GgufType;
  readonly config: ModelConfig;
}

/** @param held - the parameters that the tensor holds, one behind the other */
function written(
  held: readonly [GgufParameter, ...GgufParameter[]],
  stored: StoredCheckpoint,
  { checkpoint, type, config }: Written,
): WrittenTensor {
  const [{ name, parameter, index, shapes }] = held;
  const own = shapes?.tensor ?? stored.tensors.get(parameter)!.entry.shape;
  const shape = index === undefined ? own : [held.length, ...own];
  const { layers, tieEmbeddings: tied } = config;
  const encoding = encodingFor(type, { name, shape, layers, tied });
  const pieces = function* (): Iterable<Uint8Array> {
    for (const one of held) {
      using values = noGrad(() => scope(() => inFileOrder(stored.read(one.parameter)!, one).reshape(own)));
      const rows = Math.max(1, Math.floor((CHUNK * values.size(0)) / values.numel));
      for (let row = 0; row < values.size(0); row += rows) {
        const count = Math.min(rows, values.size(0) - row);
        yield encodeRows(values, { row, count, encoding, where: `${checkpoint}: "${one.parameter}"` });
      }
    }
  };
  return { name, encoding, shape, pieces };
}

function inFileOrder(values: Tensor, { view, offset = 0 }: GgufParameter): Tensor {
  const moved = view === undefined ? values : view(values);
  return offset === 0 ? moved : moved.to('float32').add(offset);
}

interface Rows {
  readonly row: number;
  readonly count: number;
  readonly encoding: WrittenTensor['encoding'];
  readonly where: string;
}

function encodeRows(values: Tensor, { row, count, encoding, where }: Rows): Uint8Array {
  const narrowest = encoding === 'F16' ? 'float16' : dtypeOf(encoding);
  const bytes = noGrad(() =>
    scope(() => {
      const part = values.narrow(0, row, count).to(narrowest).contiguous();
      if (part.isfinite().all().item() === 1) return part.toBytes();
      throw unsupported(
        where,
        `it has values that are not finite in ${narrowest}`,
        'Convert with --type bf16 or f32; NaN and infinity themselves are damage.',
      );
    }),
  );
  if (encoding === 'F32' || encoding === 'F16' || encoding === 'BF16') return bytes;
  return quantise(encoding, new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
}

function tableOf({ name, values }: GgufTable): WrittenTensor {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return { name, encoding: 'F32', shape: [values.length], pieces: () => [bytes] };
}
