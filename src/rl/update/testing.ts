/** @file A linear layer whose gradient is known by hand, for the tests of this folder. */
import { Linear } from '../../models/layers/index.ts';
import { noGrad, tensor } from '../../torch/index.ts';

/** y = w·x + b with w = (1, −2) and b = 0.5. */
export function layer(): Linear {
  const linear = new Linear(2, 1, true, { dtype: 'float64', device: 'cpu' });
  noGrad(() => {
    linear.weight.copy_(tensor([1, -2], [1, 2], { dtype: 'float64' }));
    linear.bias!.fill_(0.5);
  });
  return linear;
}

/** y = w·x + b at x = (3, 1): the gradient is (3, 1, 1). */
export function backward(linear: Linear): void {
  linear
    .forward(tensor([3, 1], [1, 2], { dtype: 'float64' }))
    .sum()
    .backward();
}
