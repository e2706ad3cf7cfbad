// Runs operators made of kernels. The gradient of an operator is a list of launches: the autograd engine runs it on threads
// of its own, where no JavaScript can.

#include "kernels.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/DeviceGuard.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>

namespace aha {

namespace {

using torch::autograd::Node;
using torch::autograd::SavedVariable;
using torch::autograd::variable_list;

at::Tensor allocated(const Spec& spec, const at::Device& device) {
  const auto options = at::TensorOptions().dtype(spec.dtype).device(device);
  return spec.zeroed ? at::zeros(spec.shape, options) : at::empty(spec.shape, options);
}

// Kernels read rows of 16 bytes.
bool isAligned(const at::Tensor& tensor) {
  return tensor.is_contiguous() && reinterpret_cast<uintptr_t>(tensor.data_ptr()) % 16 == 0;
}

// A tensor that kernels can read: a copy where it lies otherwise.
at::Tensor aligned(const at::Tensor& tensor) {
  if (isAligned(tensor)) return tensor;
  return tensor.is_contiguous() ? tensor.clone() : tensor.contiguous();
}

void launch(const Launch& step, std::vector<at::Tensor>& values) {
  std::vector<void*> pointers(step.arguments.size());
  std::vector<void*> arguments(step.arguments.size());
  for (size_t i = 0; i < step.arguments.size(); ++i) {
    const Argument& argument = step.arguments[i];
    if (argument.kind == Argument::Nothing) {
      arguments[i] = &pointers[i];
    } else if (argument.kind == Argument::Tensor) {
      const at::Tensor& value = values[argument.value];
      pointers[i] = value.defined() ? static_cast<char*>(value.data_ptr()) + argument.offset : nullptr;
      arguments[i] = &pointers[i];
    } else {
      arguments[i] = argument.kind == Argument::Int ? static_cast<void*>(const_cast<int32_t*>(&argument.whole))
                                                    : static_cast<void*>(const_cast<float*>(&argument.real));
    }
  }
  launchKernel(step.kernel, step.grid, step.block, arguments.data());
}

// Allocates what a launch is the first to use: scratch, unless nothing that is computed needs it.
void addScratch(const Plan& plan, const Launch& step, std::vector<at::Tensor>& values, const at::Device& device) {
  for (const Argument& argument : step.arguments) {
    if (argument.kind != Argument::Tensor || argument.value < plan.firstScratch()) continue;
    at::Tensor& value = values[argument.value];
    const Spec& spec = plan.scratch[argument.value - plan.firstScratch()];
    const bool needed = spec.only < 0 || values[plan.firstGradient() + static_cast<size_t>(spec.only)].defined();
    if (!value.defined() && needed) value = allocated(spec, device);
  }
}

// Whether all that a launch computes is for gradients that nobody asks for.
bool isIdle(const Plan& plan, const Launch& step, const std::vector<at::Tensor>& values) {
  bool any = false;
  for (const Argument& argument : step.arguments) {
    if (argument.kind != Argument::Tensor || argument.value < plan.firstGradient()) continue;
    size_t gradient = argument.value;
    if (gradient >= plan.firstScratch()) {
      const int64_t only = plan.scratch[gradient - plan.firstScratch()].only;
      if (only < 0) continue;
      gradient = plan.firstGradient() + static_cast<size_t>(only);
    }
    if (values[gradient].defined()) return false;
    any = true;
  }
  return any;
}

// --- the gradient --------------------------------------------------------------------------------------------

class PlanNode : public Node {
 public:
  explicit PlanNode(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}

  std::string name() const override { return plan_->name + "Backward"; }

  void save(const std::vector<at::Tensor>& values) {
    for (const size_t index : plan_->saved) saved_.emplace_back(values[index], index >= plan_->firstOutput());
    kept_.assign(values.begin() + static_cast<int64_t>(plan_->firstKept()),
                 values.begin() + static_cast<int64_t>(plan_->firstOutputGradient()));
  }

  variable_list apply(variable_list&& gradients) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    TORCH_CHECK(!at::GradMode::is_enabled(), plan_->name, " has no second derivative");
    TORCH_CHECK(!released_, "Trying to backward through the graph a second time (", plan_->name, ")");
    const Plan& plan = *plan_;
    variable_list results(plan.inputs.size());
    at::Device device(at::kCPU);
    std::vector<at::Tensor> values(plan.count());
    bool any = false;
    for (size_t i = 0; i < gradients.size(); ++i) {
      if (!gradients[i].defined()) continue;
      any = true;
      device = gradients[i].device();
      values[plan.firstOutputGradient() + i] = aligned(gradients[i]);
    }
    if (!any) return results;
    for (size_t i = 0; i < plan.saved.size(); ++i) {
      const bool isOutput = plan.saved[i] >= plan.firstOutput();
      values[plan.saved[i]] = saved_[i].unpack(isOutput ? shared_from_this() : nullptr);
    }
    std::copy(kept_.begin(), kept_.end(), values.begin() + static_cast<int64_t>(plan.firstKept()));
    for (size_t i = 0; i < results.size(); ++i) {
      if (!task_should_compute_output(i)) continue;
      const Spec& spec = plan.gradients[i];
      at::Tensor& gradient = values[plan.firstGradient() + (spec.equal < 0 ? i : static_cast<size_t>(spec.equal))];
      if (!gradient.defined()) gradient = allocated(spec, device);
      results[i] = gradient;
    }
    for (const Launch& step : plan.backward) {
      if (isIdle(plan, step, values)) continue;
      addScratch(plan, step, values, device);
      launch(step, values);
    }
    return results;
  }

  void release_variables() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto& variable : saved_) variable.reset_data();
    kept_.clear();
    released_ = true;
  }

 private:
  const std::shared_ptr<const Plan> plan_;
  std::vector<SavedVariable> saved_;
  std::vector<at::Tensor> kept_;
  bool released_ = false;
};

// Adds the gradients of a leaf to a tensor of another dtype with kernels, in place of torch's own accumulation.
class AccumulationNode : public Node {
 public:
  AccumulationNode(at::Tensor target, std::vector<Launch> steps)
      // Before all else that is ready, so that the gradient is freed soon.
      : Node(/*sequence_nr=*/UINT64_MAX), target_(std::move(target)), steps_(std::move(steps)) {}

  std::string name() const override { return "Accumulation"; }

  variable_list apply(variable_list&& gradients) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    TORCH_CHECK(!at::GradMode::is_enabled(), "accumulation by a kernel has no second derivative");
    if (!gradients[0].defined()) return {};
    std::vector<at::Tensor> values{target_, aligned(gradients[0])};
    for (const Launch& step : steps_) launch(step, values);
    return {};
  }

 private:
  const at::Tensor target_;
  const std::vector<Launch> steps_;
};

// --- the operator --------------------------------------------------------------------------------------------

void checkInput(const Plan& plan, size_t position, const at::Tensor& input, const at::Device& device) {
  const Spec& spec = plan.inputs[position];
  if (input.device() != device) {
    throw BoundaryError(plan.name + ": input " + std::to_string(position) + " is on " + input.device().str() + ", not on " +
                        device.str());
  }
  if (input.sizes() == at::IntArrayRef(spec.shape) && input.scalar_type() == spec.dtype) return;
  throw BoundaryError(plan.name + ": input " + std::to_string(position) + " is not what the plan is for");
}

}  // namespace

std::vector<at::Tensor> runPlan(const std::shared_ptr<const Plan>& shared, const std::vector<at::Tensor>& inputs) {
  const Plan& plan = *shared;
  if (inputs.size() != plan.inputs.size() || inputs.empty()) throw BoundaryError(plan.name + ": wrong number of inputs");
  const at::Device device = inputs[0].device();
  const c10::DeviceGuard guard(device);
  std::vector<at::Tensor> values(plan.count());
  bool wanted = false;
  {
    const at::NoGradGuard without;
    for (size_t i = 0; i < inputs.size(); ++i) {
      checkInput(plan, i, inputs[i], device);
      wanted = wanted || inputs[i].requires_grad();
      values[i] = aligned(inputs[i]);
    }
    for (const size_t i : plan.written) {
      // What is written into a copy would be lost.
      if (values[i].is_same(inputs[i])) continue;
      throw BoundaryError(plan.name + ": input " + std::to_string(i) +
                          " is written in place, so it must be contiguous and aligned to 16 bytes");
    }
    for (size_t i = 0; i < plan.outputs.size(); ++i) values[plan.firstOutput() + i] = allocated(plan.outputs[i], device);
    for (size_t i = 0; i < plan.kept.size(); ++i) values[plan.firstKept() + i] = allocated(plan.kept[i], device);
    for (const Launch& step : plan.forward) {
      addScratch(plan, step, values, device);
      launch(step, values);
    }
  }
  std::vector<at::Tensor> outputs(values.begin() + static_cast<int64_t>(plan.firstOutput()),
                                  values.begin() + static_cast<int64_t>(plan.firstKept()));
  if (!wanted || !at::GradMode::is_enabled()) return outputs;
  const std::shared_ptr<PlanNode> node(new PlanNode(shared), torch::autograd::deleteNode);
  node->set_next_edges(torch::autograd::collect_next_edges(inputs));
  for (size_t i = 0; i < outputs.size(); ++i) {
    torch::autograd::set_history(outputs[i], node);
    values[plan.firstOutput() + i] = outputs[i];
  }
  node->save(values);
  return outputs;
}

Accumulation accumulateByLaunches(const at::Tensor& leaf, const at::Tensor& target, std::vector<Launch> launches) {
  if (!leaf.is_leaf() || !leaf.requires_grad()) throw BoundaryError("not a leaf that requires a gradient");
  if (!target.is_contiguous()) throw BoundaryError("the target is not contiguous");
  if (leaf.device() != target.device()) throw BoundaryError("the target is on another device than the leaf");
  for (const Launch& step : launches) {
    for (const Argument& argument : step.arguments) {
      if (argument.kind != Argument::Tensor) continue;
      const auto bytes = static_cast<int64_t>((argument.value == 0 ? target : leaf).nbytes());
      if (argument.offset < 0 || argument.offset >= bytes) throw BoundaryError("a part lies outside of its tensor");
    }
  }
  const Accumulation node(new AccumulationNode(target, std::move(launches)), torch::autograd::deleteNode);
  node->add_input_metadata(leaf);
  torch::autograd::impl::set_grad_accumulator(leaf, node);
  return node;
}

}  // namespace aha
