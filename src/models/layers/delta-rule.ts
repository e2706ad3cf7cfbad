/**
 * @file The gated delta rule (Yang et al. 2024, arXiv 2412.06464): linear attention whose state is one matrix a head.
 *
 *   S_t = e^(g_t) S_{t−1} + k_t ⊗ β_t (v_t − (e^(g_t) S_{t−1})ᵀ k_t)        S [d_k, d_v]
 *   o_t = S_tᵀ q_t / √d_k
 *
 * Each token lets the memory fade (g ≤ 0), and writes what the memory does not say of its key already. Queries and keys have
 * length 1. `recurrent` is these lines, for one token. `chunked` computes C tokens at once by products of matrices, and hands
 * the memory from chunk to chunk: with γ_i = Σ_{s ≤ i} g_s within a chunk, its new values U solve the triangular system
 *
 *   (I + L) U = β V − β e^γ K S        L_ij = β_i e^(γ_i − γ_j) k_i · k_j for j < i
 *   O = e^γ Q S + (e^(γ_i − γ_j) q_i · k_j)_{j ≤ i} U
 *   S' = e^(γ_C) S + Σ_j e^(γ_C − γ_j) k_j ⊗ u_j
 *
 * Documents of one row are kept apart by taking the pairs of tokens of two documents out, and the memory where a token's
 * document did not begin before the chunk. All is float32 at least.
 */
import { aten, cat, ones, scope, stack, type Tensor, widened, zeros } from '../../torch/index.ts';
import { repeatHeads } from './attention.ts';

/** Of B rows of T tokens. */
export interface DeltaInputs {
  /** [B, T, Hk, d_k]; a head serves H / Hk neighbouring heads of the values. */
  readonly q: Tensor;
  readonly k: Tensor;
  /** [B, T, H, d_v] */
  readonly v: Tensor;
  /** Logarithm of what is left of the memory, [B, T, H]: 0 at most. */
  readonly g: Tensor;
  /** Share of the difference that is written, [B, T, H]. */
  readonly beta: Tensor;
}

/** What the tokens read, [B, T, H, d_v], and the memory behind the last, [B, H, d_k, d_v]. */
export interface DeltaOutputs {
  readonly read: Tensor;
  readonly memory: Tensor;
}

/** Tokens computed at once. */
export const DELTA_CHUNK = 64;

/** Added to the squared length of queries and keys. */
const LENGTH_EPS = 1e-6;

const pad = aten('constant_pad_nd');
const unbind = aten('unbind.int');
const solveTriangular = aten('linalg_solve_triangular');

/**
 * @param memory - before the first token, [B, H, d_k, d_v]; null for none
 * @param documents - a number for each document, the same for all of its tokens, int [B, T]; null: a row is one
 */
export function chunkedDeltaRule(
  inputs: DeltaInputs,
  memory: Tensor | null,
  documents: Tensor | null,
): DeltaOutputs {
  return scope(() => {
    const T = inputs.v.size(1);
    const size = Math.min(DELTA_CHUNK, T);
    const { q, k, v, g, beta } = inChunks(headed(inputs), size);
    const [B, H, N, C, dk] = q.shape as [number, number, number, number, number];
    const dv = v.size(4);
    const faded = g.cumsum(3);
    const { apart, carried, kept } = chunkMasks(documents, [B, N, C], q);
    const decays = faded.unsqueeze(4).sub(faded.unsqueeze(3)).maskedFill(apart, -Infinity).exp();
    const fading = masked(faded.exp(), carried).unsqueeze(4);
    const written = k.mul(beta.unsqueeze(4));
    const system = written.matmul(k.transpose()).mul(decays);
    const sides = cat([v.mul(beta.unsqueeze(4)), written.mul(fading)], 4);
    const solved = solveTriangular(system, sides, { upper: false, unitriangular: true }) as Tensor;
    const [values, reading] = solved.splitSizes([dv, dk], 4);
    const last = faded.narrow(3, C - 1, 1);
    const left = masked(last.sub(faded).exp(), kept).unsqueeze(4);
    // Taken apart at once: their gradients are put together in one piece, too.
    const each = (x: Tensor): Tensor[] => unbind(x, 2) as Tensor[];
    const [own, old] = [each(values!), each(reading!)];
    const [queries, keys] = [each(q.mul(fading)), each(k.mul(left).transpose())];
    const scores = each(q.matmul(k.transpose()).mul(decays));
    const remains = each(fading.narrow(3, C - 1, 1));
    let state = memory?.to(v.dtype) ?? zeros([B, H, dk, dv], v);
    const out = Array.from({ length: N }, (_, i) => {
      const added = own[i]!.sub(old[i]!.matmul(state));
      const read = queries[i]!.matmul(state).add(scores[i]!.matmul(added));
      state = state.mul(remains[i]!).add(keys[i]!.matmul(added));
      return read;
    });
    const read = stack(out, 2)
      .view([B, H, N * C, dv])
      .narrow(2, 0, T);
    return { read: read.transpose(1, 2), memory: state };
  });
}

/**
 * The same of one token a row.
 * @param memory - before it
 */
export function recurrentDeltaRule(inputs: DeltaInputs, memory: Tensor): DeltaOutputs {
  return scope(() => {
    const { q, k, v, g, beta } = headed(inputs);
    // A vector of each head as the column of a matrix: [B, H, d, 1]
    const [query, key] = [q.transpose(), k.transpose()];
    const faded = memory.to(v.dtype).mul(g.exp().unsqueeze(3));
    const difference = v.sub(k.matmul(faded)).mul(beta.unsqueeze(3));
    const state = faded.add(key.mul(difference));
    return { read: state.transpose().matmul(query).transpose(2, 3).transpose(1, 2), memory: state };
  });
}

/** The inputs of each head of the values, [B, H, T, …], float32 at least; queries and keys of length 1, queries scaled. */
function headed({ q, k, v, g, beta }: DeltaInputs): DeltaInputs {
  const groups = v.size(2) / k.size(2);
  const dtype = widened(v.dtype);
  const each = (x: Tensor): Tensor => x.to(dtype).transpose(1, 2);
  const unit = (x: Tensor): Tensor => {
    const wide = each(x);
    return wide.mul(wide.square().sum(-1, true).add(LENGTH_EPS).rsqrt());
  };
  return {
    q: repeatHeads(unit(q).mul(q.size(3) ** -0.5), groups),
    k: repeatHeads(unit(k), groups),
    v: each(v),
    g: each(g),
    beta: each(beta),
  };
}

/** [B, H, T, …] → [B, H, N, C, …], filled up with zeros: tokens that write nothing and let nothing fade. */
function inChunks({ q, k, v, g, beta }: DeltaInputs, size: number): DeltaInputs {
  const chunked = (x: Tensor): Tensor => {
    const [B, H, T, ...rest] = x.shape as [number, number, number, ...number[]];
    const missing = (size - (T % size)) % size;
    const whole = missing === 0 ? x : (pad(x, [...rest.flatMap(() => [0, 0]), 0, missing], 0) as Tensor);
    return whole.reshape([B, H, (T + missing) / size, size, ...rest]);
  };
  return { q: chunked(q), k: chunked(k), v: chunked(v), g: chunked(g), beta: chunked(beta) };
}

/** Which parts of a chunk have to do with one another. */
interface ChunkMasks {
  /** bool, broadcasts over [B, H, N, C, C]: token i does not see token j. */
  readonly apart: Tensor;
  /** bool [B, 1, N, C]: the token's document began before the chunk; null for all. */
  readonly carried: Tensor | null;
  /** bool [B, 1, N, C]: the token's document is that of the chunk's last token; null for all. */
  readonly kept: Tensor | null;
}

function chunkMasks(
  documents: Tensor | null,
  [B, N, C]: readonly [number, number, number],
  { device }: Tensor,
): ChunkMasks {
  const future = ones([C, C], { dtype: 'bool', device }).triu(1);
  if (documents === null) return { apart: future, carried: null, kept: null };
  const missing = N * C - documents.size(1);
  // What fills up the last chunk is a document of its own: nobody asks for the memory behind it.
  const numbers = (pad(documents, [0, missing], -1) as Tensor).view([B, 1, N, C]);
  const last = numbers.narrow(3, C - 1, 1);
  const before = pad(last.narrow(2, 0, N - 1), [0, 0, 1, 0], -1) as Tensor;
  return {
    apart: numbers.unsqueeze(4).ne(numbers.unsqueeze(3)).logicalOr(future),
    carried: numbers.eq(before),
    kept: numbers.eq(last),
  };
}

function masked(x: Tensor, mask: Tensor | null): Tensor {
  return mask === null ? x : x.mul(mask.to(x.dtype));
}
