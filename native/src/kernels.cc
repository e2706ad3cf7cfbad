// What JavaScript sees of kernels: it compiles them, describes operators made of them, and runs these.

#include "kernels.h"

namespace aha {

namespace {

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
  const auto kernels = compileKernels(deviceFromName(toString(env, args[0])), toString(env, args[1]), strings(env, args[2]),
                                strings(env, args[3]));
  return fromVector(env, kernels, [&](const Kernel& kernel) { return external(env, kernel); });
}

// kernelLoad(path of a shared library, names) → a kernel of the CPU for each name
napi_value kernelLoad(const Args& args) {
  const napi_env env = args.env;
  const auto kernels = loadKernels(toString(env, args[0]), strings(env, args[1]));
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

std::vector<size_t> indicesIn(napi_env env, napi_value description, const char* name) {
  const auto numbers = toInt64Vector(env, property(env, description, name));
  return std::vector<size_t>(numbers.begin(), numbers.end());
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
  for (const size_t index : plan.written) {
    if (index >= plan.inputs.size()) refuse("only inputs can be written in place");
  }
}

// kernelPlan({name, inputs, outputs, kept, gradients, scratch, saved, written, forward, backward}) → plan
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
  plan->saved = indicesIn(env, description, "saved");
  plan->written = indicesIn(env, description, "written");
  checkPlan(*plan);
  return external(env, std::shared_ptr<const Plan>(std::move(plan)));
}

// kernelRun(plan, inputs) → outputs, with history where gradients are recorded
napi_value kernelRun(const Args& args) {
  const auto plan = externalIn<std::shared_ptr<const Plan>>(args.env, args[0]);
  const auto outputs = runPlan(plan, toTensorVector(args.env, args[1]));
  return fromVector(args.env, outputs, [&](const at::Tensor& output) { return fromTensor(args.env, output); });
}

// accumulateInto(leaf, target, launches) → accumulation: until its release, gradients of the leaf go to places of `target`,
// contiguous. Values of the launches: 0 the target, 1 the gradient.
napi_value accumulateInto(const Args& args) {
  const napi_env env = args.env;
  const at::Tensor leaf = tensorAt(env, args[0]);
  const at::Tensor target = tensorAt(env, args[1]);
  return external(env, accumulateByLaunches(leaf, target, launchesIn(env, args[2], 2)));
}

// releaseAccumulation(accumulation): torch accumulates the leaf's gradients again, and the target may be freed.
napi_value releaseAccumulation(const Args& args) {
  externalIn<Accumulation>(args.env, args[0]).reset();
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
