/**
 * @file Deterministic algorithms of torch: the same bits each time, on a GPU too, and an error where an operator has no
 * such form.
 *
 * cuBLAS sums in a fixed order only with workspaces of a fixed size, which it reads from CUBLAS_WORKSPACE_CONFIG when it
 * starts (https://docs.nvidia.com/cuda/cublas/#results-reproducibility).
 */
import { UsageError } from '../errors.ts';
import { native } from './native.ts';

const VARIABLE = 'CUBLAS_WORKSPACE_CONFIG';
/** Values with which cuBLAS is deterministic. */
const WORKSPACES: readonly string[] = [':4096:8', ':16:8'];

/**
 * Turns deterministic algorithms on or off for this process. Call it before a model computes.
 * @throws UsageError where CUBLAS_WORKSPACE_CONFIG is set to something else than cuBLAS needs for that
 */
export function useDeterministic(on: boolean, device: string): void {
  if (on && device.startsWith('cuda')) {
    const given = process.env[VARIABLE];
    if (given !== undefined && !WORKSPACES.includes(given)) {
      throw new UsageError(
        `${VARIABLE}=${given}: with this, matrix products on a GPU are not deterministic`,
        `Set it to ${WORKSPACES.join(' or ')}, or leave it out.`,
      );
    }
    process.env[VARIABLE] = given ?? WORKSPACES[0];
  }
  native.useDeterministic(on);
}

/** What useDeterministic set last. */
export function isDeterministic(): boolean {
  return native.deterministic();
}
