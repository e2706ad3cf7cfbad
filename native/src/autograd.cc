// Gradients: which tensors want them, the backward pass, and the modes.

#include "instance.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

namespace aha {

namespace {

napi_value requiresGrad(const Args& args) {
  return fromBool(args.env, tensorAt(args.env, args[0]).requires_grad());
}

napi_value setRequiresGrad(const Args& args) {
  tensorAt(args.env, args[0]).set_requires_grad(toBool(args.env, args[1]));
  return undefined(args.env);
}

// grad(handle) → handle of the accumulated gradient, or null.
napi_value grad(const Args& args) { return fromTensor(args.env, tensorAt(args.env, args[0]).grad()); }

napi_value setGrad(const Args& args) {
  at::Tensor& tensor = tensorAt(args.env, args[0]);
  tensor.mutable_grad() = isNullish(args.env, args[1]) ? at::Tensor() : tensorAt(args.env, args[1]);
  return undefined(args.env);
}

// Undefined gradients stand for ones, as for a scalar loss.
std::vector<at::Tensor> outputGradients(const Args& args, size_t position) {
  if (position >= args.count || isNullish(args.env, args[position])) return {};
  return toTensorVector(args.env, args[position]);
}

bool flag(const Args& args, size_t position) {
  return position < args.count && !isNullish(args.env, args[position]) && toBool(args.env, args[position]);
}

// backward(outputs, outputGradients?, retainGraph?, createGraph?): accumulates into the leaves' grad.
napi_value backward(const Args& args) {
  const bool createGraph = flag(args, 3);
  torch::autograd::backward(toTensorVector(args.env, args[0]), outputGradients(args, 1), flag(args, 2) || createGraph,
                            createGraph);
  return undefined(args.env);
}

// gradients(outputs, inputs, outputGradients?, retainGraph?, createGraph?, allowUnused?) → handles or null each
napi_value gradients(const Args& args) {
  const bool createGraph = flag(args, 4);
  const auto result =
      torch::autograd::grad(toTensorVector(args.env, args[0]), toTensorVector(args.env, args[1]),
                            outputGradients(args, 2), flag(args, 3) || createGraph, createGraph, flag(args, 5));
  return fromVector(args.env, result, [&](const at::Tensor& tensor) { return fromTensor(args.env, tensor); });
}

// setGradEnabled(enabled) → what it was.
napi_value setGradEnabled(const Args& args) {
  const bool before = at::GradMode::is_enabled();
  at::GradMode::set_enabled(toBool(args.env, args[0]));
  return fromBool(args.env, before);
}

}  // namespace

void exportAutograd(napi_env env, napi_value exports) {
  exportFunction<requiresGrad>(env, exports, "requiresGrad");
  exportFunction<setRequiresGrad>(env, exports, "setRequiresGrad");
  exportFunction<grad>(env, exports, "grad");
  exportFunction<setGrad>(env, exports, "setGrad");
  exportFunction<backward>(env, exports, "backward");
  exportFunction<gradients>(env, exports, "gradients");
  exportFunction<setGradEnabled>(env, exports, "setGradEnabled");
}

}  // namespace aha
