/**
 * @file GgufWeights: the tensors of a GGUF file under the names of the parameters that they hold, read one by one.
 *
 * Quantised blocks become float32. Rows of query and key heads that lie in pairs come back in halves: row 2i of a head is
 * row i of its first half, row 2i + 1 row i of its second (the inverse of `permute` in conversion/llama.py of llama.cpp).
 */
import { dequantise, type EncodingName, GgufFile, type GgufTensor, isQuantised } from '../../gguf/index.ts';
import { type DType, empty, noGrad, scope, type Tensor } from '../../torch/index.ts';
import type { TensorEntry } from '../safetensors-header.ts';
import type { GgufParameter } from './form.ts';

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

/** The weights of an open file. Close it. */
export class GgufWeights {
  readonly path: string;
  /** By parameter; a tensor that holds none has its own name. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly #file: GgufFile;
  readonly #names: ReadonlyMap<string, GgufParameter>;

  /**
   * @param parameters - what the tensors hold
   * @param tables - names of tensors that are no weights
   */
  constructor(path: string, parameters: readonly GgufParameter[], tables: ReadonlySet<string>) {
    this.path = path;
    this.#file = new GgufFile(path);
    const names = new Map(parameters.map((one) => [one.name, one]));
    const tensors = [...this.#file.tensors.values()].filter(({ name }) => !tables.has(name));
    this.#names = new Map(
      tensors.map(({ name }) => {
        const known = names.get(name) ?? { name, parameter: name };
        return [known.parameter, known];
      }),
    );
    this.entries = new Map(
      [...this.#names].map(([parameter, { name }]) => [parameter, entryOf(this.#file.tensors.get(name)!)]),
    );
  }

  /** The values of a parameter on the CPU: float32 of quantised ones. */
  read(parameter: string): Tensor {
    const { name, pairedHeads, offset = 0 } = this.#names.get(parameter)!;
    const tensor = this.#file.tensors.get(name)!;
    return scope(() => {
      const values = empty(tensor.shape, { dtype: dtypeOf(tensor.encoding.name) });
      this.#fill(values, tensor);
      if (offset !== 0) return noGrad(() => values.to('float32').sub(offset));
      return pairedHeads === undefined ? values : noGrad(() => inHalves(values, pairedHeads));
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

  #fill(values: Tensor, tensor: GgufTensor): void {
    const { name, bytes: blockBytes } = tensor.encoding;
    const chunk = Math.floor(CHUNK / blockBytes) * blockBytes;
    let to = 0;
    for (let at = 0; at < tensor.bytes; at += chunk) {
      const bytes = new Uint8Array(Math.min(chunk, tensor.bytes - at));
      this.#file.read(tensor, bytes, at);
      const plain = isQuantised(name) ? new Uint8Array(dequantise(name, bytes).buffer) : bytes;
      values.writeBytes(plain, to);
      to += plain.length;
    }
  }
}

function entryOf({ encoding, shape, start, bytes }: GgufTensor): TensorEntry {
  const named = DTYPES.has(encoding.name) ? {} : { encoding: encoding.name.toLowerCase() };
  return { dtype: dtypeOf(encoding.name), ...named, shape, start, bytes };
}

/** Rows in pairs → rows in halves, [heads · D, …]. */
function inHalves(values: Tensor, heads: number): Tensor {
  const pairs = values.reshape([heads, -1, 2, values.numel / values.size(0)]);
  return pairs.transpose(1, 2).reshape(values.shape);
}

/** Rows in halves → rows in pairs: the inverse. */
export function inPairs(values: Tensor, heads: number): Tensor {
  const halves = values.reshape([heads, 2, -1, values.numel / values.size(0)]);
  return halves.transpose(1, 2).reshape(values.shape);
}
