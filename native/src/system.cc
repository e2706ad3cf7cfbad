// The machine: torch's version, threads, and the registration of the addon.

#include "instance.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <torch/csrc/api/include/torch/version.h>

namespace aha {

namespace {

napi_value torchVersion(const Args& args) { return fromString(args.env, TORCH_VERSION); }

napi_value buildInfo(const Args& args) { return fromString(args.env, at::show_config()); }

napi_value threads(const Args& args) { return fromInt64(args.env, at::get_num_threads()); }

napi_value setThreads(const Args& args) {
  const int64_t count = toInt64(args.env, args[0]);
  if (count < 1) throw BoundaryError("the number of threads must be at least 1");
  at::set_num_threads(static_cast<int>(count));
  return undefined(args.env);
}

// keepFreedMemory(): glibc hands freed blocks above its threshold, and the end of its heap, back to the system, so that
// every step of a training loop faults the same pages in anew. Tensors up to 32 MiB (the most that old versions of glibc
// accept) now come from the heap, of which up to 256 MiB stay for the next step.
napi_value keepFreedMemory(const Args& args) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
  return undefined(args.env);
}

// returnFreedMemory(): gives the system all that is kept, as after a model was loaded that is then only read.
napi_value returnFreedMemory(const Args& args) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  return undefined(args.env);
}

// Newer contexts (torch 2.4 has it, 2.2 has not) can turn cuDNN's attention off; older ones have none.
template <class Context>
auto avoidCudnn(Context& context, int) -> decltype(context.setSDPUseCuDNN(false), true) {
  context.setSDPUseCuDNN(false);
  return true;
}
template <class Context>
bool avoidCudnn(Context&, long) {
  return false;
}

// avoidCudnnAttention() → whether this torch has a switch for it.
napi_value avoidCudnnAttention(const Args& args) {
  return fromBool(args.env, avoidCudnn(at::globalContext(), 0));
}

napi_value tf32Allowed(const Args& args) {
  return fromBool(args.env, at::globalContext().allowTF32CuBLAS());
}

napi_value allowTf32(const Args& args) {
  at::globalContext().setAllowTF32CuBLAS(toBool(args.env, args[0]));
  return undefined(args.env);
}

// torch from 2.2 on fills what is allocated with NaN where algorithms must be deterministic; every allocation here is
// written before it is read.
template <class Context>
auto leaveUnfilled(Context& context, int) -> decltype(context.setDeterministicFillUninitializedMemory(false)) {
  context.setDeterministicFillUninitializedMemory(false);
}
template <class Context>
void leaveUnfilled(Context&, long) {}

// useDeterministic(on): operators without a deterministic form throw from now on.
napi_value useDeterministic(const Args& args) {
  leaveUnfilled(at::globalContext(), 0);
  at::globalContext().setDeterministicAlgorithms(toBool(args.env, args[0]), false);
  return undefined(args.env);
}

napi_value deterministic(const Args& args) {
  return fromBool(args.env, at::globalContext().deterministicAlgorithms());
}

// Looked up by name: libtorch may stand on OpenBLAS, on MKL, or on a BLAS that names nothing.
napi_value blasKernel(const Args& args) {
  using CoreName = char* (*)();
  const auto coreName = reinterpret_cast<CoreName>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  return coreName == nullptr ? null(args.env) : fromString(args.env, coreName());
}

}  // namespace

void exportSystem(napi_env env, napi_value exports) {
  exportFunction<torchVersion>(env, exports, "torchVersion");
  exportFunction<buildInfo>(env, exports, "buildInfo");
  exportFunction<keepFreedMemory>(env, exports, "keepFreedMemory");
  exportFunction<returnFreedMemory>(env, exports, "returnFreedMemory");
  exportFunction<avoidCudnnAttention>(env, exports, "avoidCudnnAttention");
  exportFunction<blasKernel>(env, exports, "blasKernel");
  exportFunction<threads>(env, exports, "threads");
  exportFunction<setThreads>(env, exports, "setThreads");
  exportFunction<tf32Allowed>(env, exports, "tf32Allowed");
  exportFunction<allowTf32>(env, exports, "allowTf32");
  exportFunction<useDeterministic>(env, exports, "useDeterministic");
  exportFunction<deterministic>(env, exports, "deterministic");
}

}  // namespace aha

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  using namespace aha;
  try {
    check(env, napi_set_instance_data(
                   env, new Instance(),
                   [](napi_env, void* data, void*) { delete static_cast<Instance*>(data); }, nullptr));
    exportOperators(env, exports);
    exportTensors(env, exports);
    exportAutograd(env, exports);
    exportRandom(env, exports);
    exportSystem(env, exports);
    exportCuda(env, exports);
    exportKernels(env, exports);
    exportInterrupt(env, exports);
    exportProcessGroup(env, exports);
  } catch (const std::exception& error) {
    throwToJavaScript(env, error.what());
  } catch (const PendingException&) {
  }
  return exports;
}
