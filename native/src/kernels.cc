// Kernels whose source is compiled at run time, and operators made of them that have a gradient.
//
// On CUDA they are compiled by NVRTC and launched by the driver: libtorch's libcaffe2_nvrtc.so leads to both, and their few
// functions are declared here, so that no header of theirs is needed. On the CPU kernels come from a shared library, for
// tests. The gradient of an operator is a list of launches: the autograd engine runs it on threads of its own, where no
// JavaScript can.

#include "instance.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/DeviceGuard.h>
#include <dlfcn.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>

#ifdef AHA_CUDA
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#endif

namespace aha {

namespace {

using torch::autograd::Node;
using torch::autograd::SavedVariable;
using torch::autograd::variable_list;

using HostKernel = void (*)(const unsigned* grid, const unsigned* block, void** arguments);

#ifdef AHA_CUDA
using CudaFunction = void*;
#endif

struct Kernel {
  std::string name;
  HostKernel host = nullptr;
#ifdef AHA_CUDA
  CudaFunction function = nullptr;
#endif
};

// --- compiling and launching ---------------------------------------------------------------------------------

#ifdef AHA_CUDA

// Names and types are those of <nvrtc.h> and <cuda.h>; 0 is success for both.
struct Library {
  int (*nvrtcCreateProgram)(void** program, const char* source, const char* name, int, const char**, const char**);
  int (*nvrtcDestroyProgram)(void** program);
  int (*nvrtcCompileProgram)(void* program, int count, const char* const* options);
  int (*nvrtcGetProgramLogSize)(void* program, size_t* size);
  int (*nvrtcGetProgramLog)(void* program, char* log);
  int (*nvrtcGetCUBINSize)(void* program, size_t* size);
  int (*nvrtcGetCUBIN)(void* program, char* code);
  const char* (*nvrtcGetErrorString)(int result);
  int (*cuGetErrorString)(int result, const char** text);
  int (*cuModuleLoadData)(void** module, const void* code);
  int (*cuModuleGetFunction)(CudaFunction* function, void* module, const char* name);
  int (*cuLaunchKernel)(CudaFunction function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                        unsigned sharedBytes, cudaStream_t stream, void** arguments, void** extra);

  Library() {
    handle_ = dlopen("libcaffe2_nvrtc.so", RTLD_NOW | RTLD_LOCAL);
    if (handle_ == nullptr) throw BoundaryError(dlerror());
    find(nvrtcCreateProgram, "nvrtcCreateProgram");
    find(nvrtcDestroyProgram, "nvrtcDestroyProgram");
    find(nvrtcCompileProgram, "nvrtcCompileProgram");
    find(nvrtcGetProgramLogSize, "nvrtcGetProgramLogSize");
    find(nvrtcGetProgramLog, "nvrtcGetProgramLog");
    find(nvrtcGetCUBINSize, "nvrtcGetCUBINSize");
    find(nvrtcGetCUBIN, "nvrtcGetCUBIN");
    find(nvrtcGetErrorString, "nvrtcGetErrorString");
    find(cuGetErrorString, "cuGetErrorString");
    find(cuModuleLoadData, "cuModuleLoadData");
    find(cuModuleGetFunction, "cuModuleGetFunction");
    find(cuLaunchKernel, "cuLaunchKernel");
  }

 private:
  // Symbols of the libraries that this one was linked against are found through it.
  template <class Pointer>
  void find(Pointer& function, const char* name) {
    function = reinterpret_cast<Pointer>(dlsym(handle_, name));
    if (function == nullptr) throw BoundaryError(std::string("libcaffe2_nvrtc.so leads to no ") + name);
  }

  void* handle_;
};

const Library& library() {
  static const Library loaded;
  return loaded;
}

void checkDriver(int result, const std::string& what) {
  if (result == 0) return;
  const char* text = nullptr;
  library().cuGetErrorString(result, &text);
  throw BoundaryError(what + ": " + (text ? text : "CUDA error " + std::to_string(result)));
}

void checkCompiler(int result) {
  if (result != 0) throw BoundaryError(std::string("NVRTC: ") + library().nvrtcGetErrorString(result));
}

// The driver launches into the context of the thread, which the runtime makes on its first call there.
void ensureContext() {
  static thread_local bool made = false;
  if (made) return;
  cudaFree(nullptr);
  made = true;
}

std::vector<char> machineCode(const std::string& source, const std::vector<std::string>& options) {
  const Library& nvrtc = library();
  void* program = nullptr;
  checkCompiler(nvrtc.nvrtcCreateProgram(&program, source.c_str(), "kernels.cu", 0, nullptr, nullptr));
  const std::unique_ptr<void*, void (*)(void**)> owner(&program,
                                                       [](void** own) { library().nvrtcDestroyProgram(own); });
  std::vector<const char*> words;
  for (const auto& option : options) words.push_back(option.c_str());
  if (nvrtc.nvrtcCompileProgram(program, static_cast<int>(words.size()), words.data()) != 0) {
    size_t length = 0;
    checkCompiler(nvrtc.nvrtcGetProgramLogSize(program, &length));
    std::string log(length, '\0');
    checkCompiler(nvrtc.nvrtcGetProgramLog(program, &log[0]));
    throw BoundaryError("the kernel does not compile:\n" + log);
  }
  size_t size = 0;
  checkCompiler(nvrtc.nvrtcGetCUBINSize(program, &size));
  std::vector<char> code(size);
  checkCompiler(nvrtc.nvrtcGetCUBIN(program, code.data()));
  return code;
}

std::vector<Kernel> compiled(const at::Device& device, const std::string& source,
                             const std::vector<std::string>& names, std::vector<std::string> options) {
  const c10::DeviceGuard guard(device);
  ensureContext();
  cudaDeviceProp properties;
  if (cudaGetDeviceProperties(&properties, c10::cuda::current_device()) != cudaSuccess) {
    throw BoundaryError("the device's properties cannot be read");
  }
  options.push_back("--gpu-architecture=sm_" + std::to_string(properties.major) + std::to_string(properties.minor));
  options.push_back("--std=c++17");
  const std::vector<char> code = machineCode(source, options);
  // A module lives as long as the process: kernels are compiled once.
  void* module = nullptr;
  checkDriver(library().cuModuleLoadData(&module, code.data()), "loading a kernel");
  std::vector<Kernel> kernels;
  for (const auto& name : names) {
    Kernel kernel;
    kernel.name = name;
    checkDriver(library().cuModuleGetFunction(&kernel.function, module, name.c_str()), name);
    kernels.push_back(kernel);
  }
  return kernels;
}

void launchOnDevice(const Kernel& kernel, const unsigned* grid, const unsigned* block, void** arguments) {
  ensureContext();
  checkDriver(library().cuLaunchKernel(kernel.function, grid[0], grid[1], grid[2], block[0], block[1], block[2], 0,
                                       c10::cuda::getCurrentCUDAStream().stream(), arguments, nullptr),
              kernel.name);
}

#else

std::vector<Kernel> compiled(const at::Device&, const std::string&, const std::vector<std::string>&,
                             std::vector<std::string>) {
  throw BoundaryError("this build of the addon has no CUDA");
}

void launchOnDevice(const Kernel& kernel, const unsigned*, const unsigned*, void**) {
  throw BoundaryError(kernel.name + ": this build of the addon has no CUDA");
}

#endif

std::vector<Kernel> loaded(const std::string& path, const std::vector<std::string>& names) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw BoundaryError(dlerror());
  std::vector<Kernel> kernels;
  for (const auto& name : names) {
    Kernel kernel;
    kernel.name = name;
    kernel.host = reinterpret_cast<HostKernel>(dlsym(library, ("host_" + name).c_str()));
    if (kernel.host == nullptr) throw BoundaryError(path + " has no kernel " + name);
    kernels.push_back(kernel);
  }
  return kernels;
}

// --- plans ---------------------------------------------------------------------------------------------------

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

  size_t firstOutput() const { return inputs.size(); }
  size_t firstKept() const { return firstOutput() + outputs.size(); }
  size_t firstOutputGradient() const { return firstKept() + kept.size(); }
  size_t firstGradient() const { return firstOutputGradient() + outputs.size(); }
  size_t firstScratch() const { return firstGradient() + inputs.size(); }
  size_t count() const { return firstScratch() + scratch.size(); }
};

at::Tensor allocated(const Spec& spec, const at::Device& device) {
  const auto options = at::TensorOptions().dtype(spec.dtype).device(device);
  return spec.zeroed ? at::zeros(spec.shape, options) : at::empty(spec.shape, options);
}

// Kernels read rows of 16 bytes: a tensor that lies otherwise is copied.
at::Tensor aligned(const at::Tensor& tensor) {
  const at::Tensor whole = tensor.contiguous();
  return reinterpret_cast<uintptr_t>(whole.data_ptr()) % 16 == 0 ? whole : whole.clone();
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
  if (step.kernel.host != nullptr) {
    step.kernel.host(step.grid, step.block, arguments.data());
  } else {
    launchOnDevice(step.kernel, step.grid, step.block, arguments.data());
  }
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
class Accumulation : public Node {
 public:
  Accumulation(at::Tensor target, std::vector<Launch> steps)
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

void checkInput(const Plan& plan, size_t position, const at::Tensor& input, const at::Device& device) {
  const Spec& spec = plan.inputs[position];
  if (input.device() != device) {
    throw BoundaryError(plan.name + ": input " + std::to_string(position) + " is on " + input.device().str() + ", not on " +
                        device.str());
  }
  if (input.sizes() == at::IntArrayRef(spec.shape) && input.scalar_type() == spec.dtype) return;
  throw BoundaryError(plan.name + ": input " + std::to_string(position) + " is not what the plan is for");
}

std::vector<at::Tensor> run(const std::shared_ptr<const Plan>& shared, const std::vector<at::Tensor>& inputs) {
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

// --- from JavaScript -----------------------------------------------------------------------------------------

template <typename T>
napi_value external(napi_env env, T value) {
  napi_value result;
  check(env, napi_create_external(
                 env, new T(std::move(value)), [](napi_env, void* data, void*) { delete static_cast<T*>(data); },
                 nullptr, &result));
  return result;
}

template <typename T>
T& externalIn(napi_env env, napi_value value) {
  void* data = nullptr;
  check(env, napi_get_value_external(env, value, &data));
  return *static_cast<T*>(data);
}

napi_value property(napi_env env, napi_value object, const char* name) {
  napi_value value;
  check(env, napi_get_named_property(env, object, name, &value));
  return value;
}

template <class Make>
auto listOf(napi_env env, napi_value array, Make make) {
  std::vector<decltype(make(array))> result;
  forEachElement(env, array, [&](napi_value element, uint32_t) { result.push_back(make(element)); });
  return result;
}

std::vector<std::string> strings(napi_env env, napi_value array) {
  return listOf(env, array, [&](napi_value element) { return toString(env, element); });
}

// kernelCompile(device, source, names, options) → a kernel for each name
napi_value kernelCompile(const Args& args) {
  const napi_env env = args.env;
  const auto kernels = compiled(deviceFromName(toString(env, args[0])), toString(env, args[1]), strings(env, args[2]),
                                strings(env, args[3]));
  return fromVector(env, kernels, [&](const Kernel& kernel) { return external(env, kernel); });
}

// kernelLoad(path of a shared library, names) → a kernel of the CPU for each name
napi_value kernelLoad(const Args& args) {
  const napi_env env = args.env;
  const auto kernels = loaded(toString(env, args[0]), strings(env, args[1]));
  return fromVector(env, kernels, [&](const Kernel& kernel) { return external(env, kernel); });
}

std::vector<Spec> specsIn(napi_env env, napi_value description, const char* name) {
  return listOf(env, property(env, description, name), [&](napi_value element) {
    Spec spec{toInt64Vector(env, property(env, element, "shape")),
              dtypeFromName(toString(env, property(env, element, "dtype")))};
    const napi_value zeroed = property(env, element, "zeroed");
    spec.zeroed = !isNullish(env, zeroed) && toBool(env, zeroed);
    const napi_value only = property(env, element, "only");
    if (!isNullish(env, only)) spec.only = toInt64(env, only);
    const napi_value equal = property(env, element, "equal");
    if (!isNullish(env, equal)) spec.equal = toInt64(env, equal);
    return spec;
  });
}

Argument argumentIn(napi_env env, napi_value element, size_t values) {
  Argument argument{};
  if (isNullish(env, element)) {
    argument.kind = Argument::Nothing;
    return argument;
  }
  const napi_value whole = property(env, element, "int");
  const napi_value real = property(env, element, "float");
  if (!isNullish(env, whole)) {
    argument.kind = Argument::Int;
    argument.whole = static_cast<int32_t>(toInt64(env, whole));
  } else if (!isNullish(env, real)) {
    argument.kind = Argument::Float;
    argument.real = static_cast<float>(toDouble(env, real));
  } else {
    argument.kind = Argument::Tensor;
    argument.value = static_cast<size_t>(toInt64(env, property(env, element, "value")));
    argument.offset = toInt64(env, property(env, element, "offset"));
    if (argument.value >= values) throw BoundaryError("a launch names a value that the plan does not have");
  }
  return argument;
}

Launch launchIn(napi_env env, napi_value element, size_t values) {
  Launch step{externalIn<Kernel>(env, property(env, element, "kernel")), {1, 1, 1}, {1, 1, 1}, {}};
  const auto grid = toInt64Vector(env, property(env, element, "grid"));
  for (size_t i = 0; i < grid.size() && i < 3; ++i) step.grid[i] = static_cast<unsigned>(grid[i]);
  step.block[0] = static_cast<unsigned>(toInt64(env, property(env, element, "threads")));
  step.arguments = listOf(env, property(env, element, "args"),
                          [&](napi_value argument) { return argumentIn(env, argument, values); });
  return step;
}

std::vector<Launch> launchesIn(napi_env env, napi_value list, size_t values) {
  return listOf(env, list, [&](napi_value element) { return launchIn(env, element, values); });
}

// Refuses numbers that lead out of the plan: launches would read or write beyond its values.
void checkPlan(const Plan& plan) {
  const auto refuse = [&](const char* what) { throw BoundaryError(plan.name + ": " + what); };
  const auto inputs = static_cast<int64_t>(plan.inputs.size());
  if (plan.gradients.size() != plan.inputs.size()) refuse("each input has one gradient");
  for (const Spec& spec : plan.gradients) {
    if (spec.equal >= inputs) refuse("a gradient equals that of an input that the plan does not have");
  }
  for (const Spec& spec : plan.scratch) {
    if (spec.only >= inputs) refuse("scratch is for an input that the plan does not have");
  }
  for (const size_t index : plan.saved) {
    if (index >= plan.firstKept()) refuse("only inputs and outputs can be saved");
  }
}

// kernelPlan({name, inputs, outputs, kept, gradients, scratch, saved, forward, backward}) → plan
napi_value kernelPlan(const Args& args) {
  const napi_env env = args.env;
  const napi_value description = args[0];
  auto plan = std::make_shared<Plan>();
  plan->name = toString(env, property(env, description, "name"));
  plan->inputs = specsIn(env, description, "inputs");
  plan->outputs = specsIn(env, description, "outputs");
  plan->kept = specsIn(env, description, "kept");
  plan->gradients = specsIn(env, description, "gradients");
  plan->scratch = specsIn(env, description, "scratch");
  plan->forward = launchesIn(env, property(env, description, "forward"), plan->count());
  plan->backward = launchesIn(env, property(env, description, "backward"), plan->count());
  for (const int64_t index : toInt64Vector(env, property(env, description, "saved"))) {
    plan->saved.push_back(static_cast<size_t>(index));
  }
  checkPlan(*plan);
  return external(env, std::shared_ptr<const Plan>(std::move(plan)));
}

// kernelRun(plan, inputs) → outputs, with history where gradients are recorded
napi_value kernelRun(const Args& args) {
  const auto plan = externalIn<std::shared_ptr<const Plan>>(args.env, args[0]);
  const auto outputs = run(plan, toTensorVector(args.env, args[1]));
  return fromVector(args.env, outputs, [&](const at::Tensor& output) { return fromTensor(args.env, output); });
}

// accumulateInto(leaf, target, launches) → accumulation: until its release, gradients of the leaf go to places of `target`,
// contiguous. Values of the launches: 0 the target, 1 the gradient.
napi_value accumulateInto(const Args& args) {
  const napi_env env = args.env;
  const at::Tensor leaf = tensorAt(env, args[0]);
  const at::Tensor target = tensorAt(env, args[1]);
  if (!leaf.is_leaf() || !leaf.requires_grad()) throw BoundaryError("not a leaf that requires a gradient");
  if (!target.is_contiguous()) throw BoundaryError("the target is not contiguous");
  if (leaf.device() != target.device()) throw BoundaryError("the target is on another device than the leaf");
  const auto launches = launchesIn(env, args[2], 2);
  for (const Launch& step : launches) {
    for (const Argument& argument : step.arguments) {
      if (argument.kind != Argument::Tensor) continue;
      const auto bytes = static_cast<int64_t>((argument.value == 0 ? target : leaf).nbytes());
      if (argument.offset < 0 || argument.offset >= bytes) throw BoundaryError("a part lies outside of its tensor");
    }
  }
  const std::shared_ptr<Accumulation> node(new Accumulation(target, launches), torch::autograd::deleteNode);
  node->add_input_metadata(leaf);
  torch::autograd::impl::set_grad_accumulator(leaf, node);
  return external(env, node);
}

// releaseAccumulation(accumulation): torch accumulates the leaf's gradients again, and the target may be freed.
napi_value releaseAccumulation(const Args& args) {
  externalIn<std::shared_ptr<Accumulation>>(args.env, args[0]).reset();
  return undefined(args.env);
}

}  // namespace

void exportKernels(napi_env env, napi_value exports) {
  exportFunction<kernelCompile>(env, exports, "kernelCompile");
  exportFunction<kernelLoad>(env, exports, "kernelLoad");
  exportFunction<kernelPlan>(env, exports, "kernelPlan");
  exportFunction<kernelRun>(env, exports, "kernelRun");
  exportFunction<accumulateInto>(env, exports, "accumulateInto");
  exportFunction<releaseAccumulation>(env, exports, "releaseAccumulation");
}

}  // namespace aha
