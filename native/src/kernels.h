// Kernels whose source is compiled at run time, and operators made of them that have a gradient.
//
// kernel-code.cc compiles and launches, kernel-plans.cc runs operators and their gradients, kernels.cc is what JavaScript sees.
#pragma once

#include "instance.h"

namespace torch::autograd {
struct Node;
}

namespace aha {

// --- kernel-code.cc ------------------------------------------------------------------------------------------

struct Kernel {
  std::string name;
  // On the CPU.
  void (*host)(const unsigned* grid, const unsigned* block, void** arguments) = nullptr;
  // On CUDA: the driver's CUfunction.
  void* function = nullptr;
};

// Compiles a kernel for each of the names, for a CUDA device.
std::vector<Kernel> compileKernels(const at::Device& device, const std::string& source,
                                   const std::vector<std::string>& names, std::vector<std::string> options);
// Finds kernels of the CPU in a shared library.
std::vector<Kernel> loadKernels(const std::string& path, const std::vector<std::string>& names);
// Launches into the current stream; `arguments` point at what the kernel takes.
void launchKernel(const Kernel& kernel, const unsigned* grid, const unsigned* block, void** arguments);

// --- kernel-plans.cc -----------------------------------------------------------------------------------------

struct Spec {
  std::vector<int64_t> shape;
  at::ScalarType dtype;
  bool zeroed = false;
  // A scratch tensor that only this input's gradient needs; −1 where it is always needed.
  int64_t only = -1;
  // An input whose gradient is that of this one; −1 for none.
  int64_t equal = -1;
};

struct Argument {
  enum Kind { Tensor, Nothing, Int, Float } kind;
  int32_t whole = 0;
  float real = 0;
  // Of a tensor: which value, and from which byte on.
  size_t value = 0;
  int64_t offset = 0;
};

struct Launch {
  Kernel kernel;
  unsigned grid[3];
  unsigned block[3];
  std::vector<Argument> arguments;
};

// Values are numbered: inputs, outputs, kept ones, gradients of the outputs, gradients of the inputs, scratch.
struct Plan {
  std::string name;
  std::vector<Spec> inputs, outputs, kept, gradients, scratch;
  std::vector<Launch> forward, backward;
  // Inputs and outputs that the backward launches read.
  std::vector<size_t> saved;
  // Inputs that the forward launches write in place.
  std::vector<size_t> written;

  size_t firstOutput() const { return inputs.size(); }
  size_t firstKept() const { return firstOutput() + outputs.size(); }
  size_t firstOutputGradient() const { return firstKept() + kept.size(); }
  size_t firstGradient() const { return firstOutputGradient() + outputs.size(); }
  size_t firstScratch() const { return firstGradient() + inputs.size(); }
  size_t count() const { return firstScratch() + scratch.size(); }
};

// The outputs, with history where an input requires a gradient and gradients are recorded.
std::vector<at::Tensor> runPlan(const std::shared_ptr<const Plan>& plan, const std::vector<at::Tensor>& inputs);

// Until it is released, gradients of a leaf are given to launches. Values: 0 the target, 1 the gradient.
using Accumulation = std::shared_ptr<torch::autograd::Node>;
Accumulation accumulateByLaunches(const at::Tensor& leaf, const at::Tensor& target, std::vector<Launch> launches);

}  // namespace aha
