/** @file The engine's face: tensors, operators, gradients, random streams, devices. */
export { type Accumulation, accumulateInto, type Stretch } from './accumulation-kernel.ts';
export { isDeterministic, useDeterministic } from './deterministic.ts';
export * from './dtype.ts';
export * from './functional.ts';
export * from './generator.ts';
export * from './grad.ts';
export * from './graph.ts';
export { GroupRanks, type OpenedRanks, openRanks } from './group-ranks.ts';
export { endOnSecondInterrupt, type InterruptGuard } from './interrupt.ts';
export {
  FusedOperator,
  type Launch,
  type LaunchArgument,
  type Plan,
  runsKernels,
  runsOnCpu,
  type Spec,
  sumRows,
  withoutKernels,
} from './kernel.ts';
export { type CudaDevice, type CudaMemory, type OperatorSchema, packageRoot } from './native.ts';
export { hasOperator, schemaOf } from './operator.ts';
export { ProcessGroup, type ProcessGroupOptions, type Reduction, type Work } from './process-group.ts';
export { type RankPlace, rankPlace } from './rank-place.ts';
export { dispose, keep, scope } from './scope.ts';
export type { DeviceReport } from './system.ts';
export * from './system.ts';
export { type Operand, Tensor } from './tensor.ts';
export { Download, Upload } from './transfer.ts';
