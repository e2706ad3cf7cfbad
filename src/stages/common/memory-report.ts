/** @file The memory a stage uses, as metrics of each step. */
import { memory } from '../../torch/index.ts';

/** Bytes: the process's resident memory and, on CUDA, what tensors hold now and held at most since the start. */
export function memoryReport(device: string): Record<string, number> {
  const { resident, cuda } = memory(device);
  return {
    'memory/resident_bytes': resident,
    ...(cuda && { 'memory/cuda_allocated_bytes': cuda.allocated, 'memory/cuda_peak_bytes': cuda.peak }),
  };
}
