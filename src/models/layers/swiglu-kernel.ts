/**
 * @file SwiGLU as one kernel, forward and backward: silu(gate) · up.
 *
 * With σ the sigmoid of the gate g, silu(g) = g σ and its derivative is σ (1 + g (1 − σ)). Gate and up are read where they
 * lie, in tensors of their own or side by side in one. The composed form is in mlp.ts.
 */
import { FusedOperator, itemSize, type Plan, type Spec, type Tensor } from '../../torch/index.ts';

const SOURCE = `
#define PACKS (COLUMNS / VECTOR)

__device__ inline float sigmoid(float x) { return 1.0f / (1.0f + __expf(-x)); }

// Rows of gate and up are \`stride\` elements apart.
extern "C" __global__ void swiglu(const T* gate, const T* up, T* y, int packs, int stride) {
  const int pack = blockIdx.x * blockDim.x + threadIdx.x;
  if (pack >= packs) return;
  const long long from = (long long)(pack / PACKS) * stride + pack % PACKS * VECTOR;
  float gates[VECTOR], values[VECTOR];
  load<VECTOR>(gate + from, gates);
  load<VECTOR>(up + from, values);
#pragma unroll
  for (int i = 0; i < VECTOR; ++i) values[i] *= gates[i] * sigmoid(gates[i]);
  store<VECTOR>(values, y + (long long)pack * VECTOR);
}

extern "C" __global__ void swiglu_backward(const T* d_y, const T* gate, const T* up, T* d_gate, T* d_up, int packs,
                                           int stride) {
  const int pack = blockIdx.x * blockDim.x + threadIdx.x;
  if (pack >= packs) return;
  const long long from = (long long)(pack / PACKS) * stride + pack % PACKS * VECTOR;
  float gates[VECTOR], values[VECTOR], gradients[VECTOR];
  load<VECTOR>(gate + from, gates);
  load<VECTOR>(up + from, values);
  load<VECTOR>(d_y + (long long)pack * VECTOR, gradients);
#pragma unroll
  for (int i = 0; i < VECTOR; ++i) {
    const float open = sigmoid(gates[i]);
    const float slope = open * (1.0f + gates[i] * (1.0f - open));
    values[i] *= gradients[i] * slope;
    gradients[i] *= gates[i] * open;
  }
  if (d_gate) store<VECTOR>(values, d_gate + from);
  if (d_up) store<VECTOR>(gradients, d_up + from);
}
`;

const THREADS = 256;

/** @param inputs - gate and up, or one tensor with both side by side */
function plan(inputs: readonly Spec[]): Plan | null {
  const [first, second] = inputs as [Spec, Spec?];
  const { shape, dtype } = first;
  const stride = shape.at(-1)!;
  const columns = second === undefined ? stride / 2 : stride;
  const elements = (shape.reduce((product, size) => product * size, 1) / stride) * columns;
  let vector = 1;
  while (2 * vector * itemSize[dtype] <= 16 && columns % (2 * vector) === 0) vector *= 2;
  const packs = elements / vector;
  if (packs === 0 || packs >= 2 ** 31 || (second !== undefined && second.dtype !== dtype)) return null;
  const pair = { first: 'gate_up', second: { of: 'gate_up', from: columns } };
  const apart = { first: 'gate', second: 'up' };
  const { first: gate, second: up } = second === undefined ? pair : apart;
  const gradient = { of: 'd_gate_up', from: columns };
  const [dGate, dUp] = second === undefined ? ['d_gate_up', gradient] : ['d_gate', 'd_up'];
  const counts = [{ int: packs }, { int: stride }];
  const launch = { grid: [Math.ceil(packs / THREADS)], threads: THREADS };
  return {
    defines: { COLUMNS: columns, VECTOR: vector },
    inputs: second === undefined ? { gate_up: first } : { gate: first, up: second },
    outputs: { y: { shape: [...shape.slice(0, -1), columns], dtype } },
    forward: [{ kernel: 'swiglu', ...launch, args: [gate, up, 'y', ...counts] }],
    backward: [{ kernel: 'swiglu_backward', ...launch, args: ['d_y', gate, up, dGate, dUp, ...counts] }],
  };
}

const swiglu = new FusedOperator('swiglu', SOURCE, plan);

/** gate and up [..., I] → [..., I]; null where kernels do not run. */
export function swigluKernel(gate: Tensor, up: Tensor): Tensor | null {
  return swiglu.run([gate, up])?.[0] ?? null;
}

/** Gate and up side by side, [..., 2 I] → [..., I]; null where kernels do not run. */
export function mergedSwigluKernel(gateUp: Tensor): Tensor | null {
  return swiglu.run([gateUp])?.[0] ?? null;
}
