import { expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { explainNondeterminism } from './explain-nondeterminism.ts';

it('names the operator without a deterministic form, and the remedies', () => {
  const error = new Error(
    "cumsum_cuda_kernel does not have a deterministic implementation, but you set 'torch.use_deterministic_algorithms(True)'.",
  );
  const explained = explainNondeterminism(error);
  expect(explained).toBeInstanceOf(UserError);
  expect((explained as UserError).message).toContain(
    'deterministic: cumsum_cuda_kernel has no deterministic form',
  );
  expect((explained as UserError).cause).toBe(error);
});

it.each([new Error('CUDA error: out of memory'), 'text', undefined])('leaves %s as it is', (error) => {
  expect(explainNondeterminism(error)).toBe(error);
});
