/**
 * @file GPUs as data: what a plan needs to know of a card.
 *
 * From NVIDIA's data sheets: dense bfloat16 operations (without sparsity), bandwidth of the memory, and NVLink, which the
 * sheets give for both directions together, in one direction. `memoryGiB` is what CUDA reports, an H200's as measured here. The
 * network is what machines of each kind usually have for a GPU: 400 Gbit/s InfiniBand (DGX H100, H200, B200), 200 (DGX A100,
 * OVX L40S); DeepSeek's H800 nodes had 400 (arXiv 2412.19437, section 3.1). Another is an option.
 */

export interface Card {
  readonly name: string;
  /** Dense bfloat16 operations a second. */
  readonly flops: number;
  readonly memoryGiB: number;
  /** Bytes a second of its own memory. */
  readonly bandwidth: number;
  /** What GPUs of a node are joined by, and its bytes a second of a GPU in one direction. */
  readonly link: 'NVLink' | 'PCIe';
  readonly linkBandwidth: number;
  /** Gbit/s of the network for a GPU. */
  readonly networkGbps: number;
}

const hopper = { flops: 989e12, link: 'NVLink', networkGbps: 400 } as const;

export const CARDS: Readonly<Record<string, Card>> = {
  h200: { name: 'H200', ...hopper, memoryGiB: 139, bandwidth: 4.8e12, linkBandwidth: 450e9 },
  h100: { name: 'H100', ...hopper, memoryGiB: 79, bandwidth: 3.35e12, linkBandwidth: 450e9 },
  h800: { name: 'H800', ...hopper, memoryGiB: 79, bandwidth: 3.35e12, linkBandwidth: 200e9 },
  b200: {
    name: 'B200',
    flops: 2250e12,
    memoryGiB: 178,
    bandwidth: 8e12,
    link: 'NVLink',
    linkBandwidth: 900e9,
    networkGbps: 400,
  },
  a100: {
    name: 'A100 80GB',
    flops: 312e12,
    memoryGiB: 79,
    bandwidth: 2.039e12,
    link: 'NVLink',
    linkBandwidth: 300e9,
    networkGbps: 200,
  },
  l40s: {
    name: 'L40S',
    flops: 362e12,
    memoryGiB: 44,
    bandwidth: 0.864e12,
    link: 'PCIe',
    linkBandwidth: 32e9,
    networkGbps: 200,
  },
};

/** GPUs that work together. */
export interface GpuCluster {
  readonly card: Card;
  readonly nodes: number;
  /** GPUs of a node. */
  readonly gpus: number;
}

/** All GPUs. */
export function gpuCount({ nodes, gpus }: Pick<GpuCluster, 'nodes' | 'gpus'>): number {
  return nodes * gpus;
}
