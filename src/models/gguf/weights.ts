/**
 * @file GgufWeights: the tensors of a GGUF file under the names of the parameters that they hold, read one by one.
 *
 * Quantised blocks become float32. A parameter is a whole tensor, one of those that a tensor of experts holds, or made of several
 * tensors; its values may lie in another order there (GgufParameter).
 */
import {
  dequantise,
  type EncodingName,
  GgufFile,
  type GgufTensor,
  isQuantised,
  unsupported,
} from '../../gguf/index.ts';
import { type DType, empty, noGrad, scope, type Tensor } from '../../torch/index.ts';
import type { TensorEntry } from '../safetensors-header.ts';
import type { GgufParameter } from './form.ts';
import { grouped } from './grouped.ts';

/** Bytes read at a time, about; whole blocks. */
const CHUNK = 16 << 20;

const DTYPES: ReadonlyMap<EncodingName, DType> = new Map([
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
]);

/** What a tensor of an encoding is in memory. */
export function dtypeOf(encoding: EncodingName): DType {
  return DTYPES.get(encoding) ?? 'float32';
}

/** Where a parameter, or a part of it, lies: so many bytes of a tensor. */
interface Source {
  readonly form: GgufParameter;
  readonly tensor: GgufTensor;
  readonly start: number;
  readonly bytes: number;
}

/** The weights of an open file. Close it. */
export class GgufWeights {
  readonly path: string;
  /** By parameter; a tensor that holds none has its own name. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly #file: GgufFile;
  readonly #sources: ReadonlyMap<string, readonly Source[]>;

  /**
   * @param parameters - what the tensors hold
   * @param tables - names of tensors that are no weights
   * @throws UsageError where a tensor has another number of experts
   */
  constructor(path: string, parameters: readonly GgufParameter[], tables: ReadonlySet<string>) {
    this.path = path;
    this.#file = new GgufFile(path);
    try {
      const tensors = [...this.#file.tensors.values()].filter(({ name }) => !tables.has(name));
      this.#sources = sourcesOf(path, tensors, parameters);
    } catch (error) {
      this.close();
      throw error;
    }
    this.entries = new Map([...this.#sources].map(([parameter, all]) => [parameter, entryOf(all)]));
  }

  /** The values of a parameter on the CPU: float32 of quantised ones. */
  read(parameter: string): Tensor {
    const { shape, dtype } = this.entries.get(parameter)!;
    return scope(() => {
      const values = empty(shape, { dtype });
      for (const source of this.#sources.get(parameter)!) this.#readPart(source, values);
      const { offset = 0 } = this.#sources.get(parameter)![0]!.form;
      return offset === 0 ? values : noGrad(() => values.to('float32').sub(offset));
    });
  }

  /** Reads one parameter into another tensor of its shape, converting dtype and device. */
  readInto(parameter: string, target: Tensor): void {
    using values = this.read(parameter);
    noGrad(() => target.copy_(values));
  }

  close(): void {
    this.#file.close();
  }

  /** Fills what of a parameter lies in one tensor. */
  #readPart(source: Source, values: Tensor): void {
    const { view } = source.form;
    if (view === undefined) {
      this.#fill(values, source);
      return;
    }
    noGrad(() =>
      scope(() => {
        const places = view(values);
        const part = empty(places.shape, { dtype: dtypeOf(source.tensor.encoding.name) });
        this.#fill(part, source);
        places.copy_(part);
      }),
    );
  }

  #fill(values: Tensor, { tensor, start, bytes: length }: Source): void {
    const { name, bytes: blockBytes } = tensor.encoding;
    const chunk = Math.floor(CHUNK / blockBytes) * blockBytes;
    let to = 0;
    for (let at = 0; at < length; at += chunk) {
      const bytes = new Uint8Array(Math.min(chunk, length - at));
      this.#file.read(tensor, bytes, start + at);
      const plain = isQuantised(name) ? new Uint8Array(dequantise(name, bytes).buffer) : bytes;
      values.writeBytes(plain, to);
      to += plain.length;
    }
  }
}

/** Where each parameter lies. One of several tensors is there where all of them are. */
function sourcesOf(
  path: string,
  tensors: readonly GgufTensor[],
  parameters: readonly GgufParameter[],
): Map<string, readonly Source[]> {
  const forms = grouped(parameters, ({ name }) => name);
  const parts = grouped(parameters, ({ parameter }) => parameter);
  const found = tensors.flatMap((tensor) => {
    const held = forms.get(tensor.name) ?? [{ name: tensor.name, parameter: tensor.name }];
    requireStack(path, tensor, held);
    const bytes = tensor.bytes / held.length;
    return held.map((form): Source => ({ form, tensor, start: (form.index ?? 0) * bytes, bytes }));
  });
  const sources = grouped(found, ({ form }) => form.parameter);
  for (const [parameter, { length }] of parts)
    if ((sources.get(parameter)?.length ?? 0) < length) sources.delete(parameter);
  return sources;
}

function requireStack(path: string, { name, shape }: GgufTensor, held: readonly GgufParameter[]): void {
  if (held[0]!.index === undefined || shape[0] === held.length) return;
  throw unsupported(
    path,
    `tensor "${name}" has the shape [${shape.join(', ')}], expected ${held.length} experts`,
    'Its metadata or tensors are altered: fetch or write it again.',
  );
}

function entryOf(sources: readonly Source[]): TensorEntry {
  const { form, tensor, start } = sources[0]!;
  const { name } = tensor.encoding;
  const dtypes = new Set(sources.map((source) => dtypeOf(source.tensor.encoding.name)));
  const named = DTYPES.has(name) ? {} : { encoding: name.toLowerCase() };
  const misshapen = sources.find(
    ({ form: { shapes }, tensor: { shape } }) => shapes?.tensor.join() !== shape.join(),
  );
  const own = form.index === undefined ? tensor.shape : tensor.shape.slice(1);
  return {
    dtype: dtypes.size === 1 ? [...dtypes][0]! : 'float32',
    ...named,
    shape: form.shapes === undefined ? own : (misshapen?.tensor.shape ?? form.shapes.parameter),
    start: tensor.start + start,
    bytes: sources.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
