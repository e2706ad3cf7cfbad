// CUDA: devices, memory, synchronisation, and graphs that are captured once and replayed.
//
// Without AHA_CUDA the same functions exist and say that there is no device.

#include "instance.h"

#ifdef AHA_CUDA
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <map>
#endif

namespace aha {

namespace {

#ifdef AHA_CUDA

c10::DeviceIndex deviceIndex(const Args& args, size_t position) {
  const at::Device device = deviceFromName(toString(args.env, args[position]));
  return device.has_index() ? device.index() : c10::cuda::current_device();
}

napi_value cudaDevices(const Args& args) {
  const napi_env env = args.env;
  std::vector<cudaDeviceProp> devices;
  const int count = c10::cuda::device_count();
  for (int i = 0; i < count; ++i) {
    cudaDeviceProp properties;
    if (cudaGetDeviceProperties(&properties, i) == cudaSuccess) devices.push_back(properties);
  }
  return fromVector(env, devices, [&](const cudaDeviceProp& properties) {
    napi_value object;
    check(env, napi_create_object(env, &object));
    setProperty(env, object, "name", fromString(env, properties.name));
    setProperty(env, object, "totalBytes", fromInt64(env, static_cast<int64_t>(properties.totalGlobalMem)));
    setProperty(env, object, "capability",
                fromString(env, std::to_string(properties.major) + "." + std::to_string(properties.minor)));
    return object;
  });
}

// cudaMemory(device) → {allocated, peak, reserved, free, total} in bytes.
napi_value cudaMemory(const Args& args) {
  const napi_env env = args.env;
  const auto index = deviceIndex(args, 0);
  c10::cuda::set_device(index);
  const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(index);
  size_t free = 0, total = 0;
  cudaMemGetInfo(&free, &total);
  napi_value result;
  check(env, napi_create_object(env, &result));
  setProperty(env, result, "allocated", fromInt64(env, stats.allocated_bytes[0].current));
  setProperty(env, result, "peak", fromInt64(env, stats.allocated_bytes[0].peak));
  setProperty(env, result, "reserved", fromInt64(env, stats.reserved_bytes[0].current));
  setProperty(env, result, "free", fromInt64(env, static_cast<int64_t>(free)));
  setProperty(env, result, "total", fromInt64(env, static_cast<int64_t>(total)));
  return result;
}

// cudaResetPeak(device): the peak starts from what is allocated now.
napi_value cudaResetPeak(const Args& args) {
  c10::cuda::CUDACachingAllocator::resetPeakStats(deviceIndex(args, 0));
  return undefined(args.env);
}

napi_value cudaEmptyCache(const Args& args) {
  c10::cuda::CUDACachingAllocator::emptyCache();
  return undefined(args.env);
}

napi_value synchronize(const Args& args) {
  const at::Device device = deviceFromName(toString(args.env, args[0]));
  if (device.is_cuda()) {
    c10::cuda::set_device(deviceIndex(args, 0));
    c10::cuda::device_synchronize();
  }
  return undefined(args.env);
}

// The side stream of a device on which all its graphs are captured: libraries keep a workspace for each stream.
c10::cuda::CUDAStream captureStream(c10::DeviceIndex index) {
  static std::map<c10::DeviceIndex, c10::cuda::CUDAStream> streams;
  const auto known = streams.find(index);
  if (known != streams.end()) return known->second;
  return streams.emplace(index, c10::cuda::getStreamFromPool(false, index)).first->second;
}

// A captured graph, and the stream that was current when its capture began.
struct Graph {
  at::cuda::CUDAGraph graph;
  c10::cuda::CUDAStream before;
  explicit Graph(c10::cuda::CUDAStream current) : before(current) {}
};

Graph& graphAt(const Args& args) { return externalAt<Graph>(args, 0); }

// graphPool() → pool: memory that graphs share which never run at the same time.
napi_value graphPool(const Args& args) {
  return external(args.env, std::make_unique<at::cuda::MempoolId_t>(at::cuda::graph_pool_handle()));
}

// graphBegin(device, pool) → graph: what follows on this thread is recorded, not run, until graphEnd.
napi_value graphBegin(const Args& args) {
  const auto index = deviceIndex(args, 0);
  const auto pool = externalAt<at::cuda::MempoolId_t>(args, 1);
  auto graph = std::make_unique<Graph>(c10::cuda::getCurrentCUDAStream(index));
  c10::cuda::device_synchronize();
  c10::cuda::setCurrentCUDAStream(captureStream(index));
  try {
    graph->graph.capture_begin(pool);
  } catch (...) {
    c10::cuda::setCurrentCUDAStream(graph->before);
    throw;
  }
  return external(args.env, std::move(graph));
}

napi_value graphEnd(const Args& args) {
  Graph& graph = graphAt(args);
  try {
    graph.graph.capture_end();
  } catch (...) {
    c10::cuda::setCurrentCUDAStream(graph.before);
    throw;
  }
  c10::cuda::setCurrentCUDAStream(graph.before);
  return undefined(args.env);
}

napi_value graphReplay(const Args& args) {
  graphAt(args).graph.replay();
  return undefined(args.env);
}

// graphReset(graph): frees its memory now rather than at garbage collection.
napi_value graphReset(const Args& args) {
  graphAt(args).graph.reset();
  return undefined(args.env);
}

// eventRecord(device) → event: reached once the device has done all that was asked of its current stream so far.
napi_value eventRecord(const Args& args) {
  const auto index = deviceIndex(args, 0);
  auto event = std::make_unique<at::cuda::CUDAEvent>();
  event->record(c10::cuda::getCurrentCUDAStream(index));
  return external(args.env, std::move(event));
}

napi_value eventWait(const Args& args) {
  externalAt<at::cuda::CUDAEvent>(args, 0).synchronize();
  return undefined(args.env);
}

#else

[[noreturn]] napi_value unavailable() { throw BoundaryError("this build of the addon has no CUDA"); }

napi_value cudaDevices(const Args& args) { return fromVector(args.env, std::vector<int>(), [](int) { return napi_value{}; }); }
napi_value cudaMemory(const Args&) { return unavailable(); }
napi_value cudaResetPeak(const Args&) { return unavailable(); }
napi_value cudaEmptyCache(const Args& args) { return undefined(args.env); }
napi_value synchronize(const Args& args) { return undefined(args.env); }
napi_value graphPool(const Args&) { return unavailable(); }
napi_value graphBegin(const Args&) { return unavailable(); }
napi_value graphEnd(const Args&) { return unavailable(); }
napi_value graphReplay(const Args&) { return unavailable(); }
napi_value graphReset(const Args&) { return unavailable(); }
napi_value eventRecord(const Args&) { return unavailable(); }
napi_value eventWait(const Args&) { return unavailable(); }

#endif

}  // namespace

void exportCuda(napi_env env, napi_value exports) {
  exportFunction<cudaDevices>(env, exports, "cudaDevices");
  exportFunction<cudaMemory>(env, exports, "cudaMemory");
  exportFunction<cudaResetPeak>(env, exports, "cudaResetPeak");
  exportFunction<cudaEmptyCache>(env, exports, "cudaEmptyCache");
  exportFunction<synchronize>(env, exports, "synchronize");
  exportFunction<graphPool>(env, exports, "graphPool");
  exportFunction<graphBegin>(env, exports, "graphBegin");
  exportFunction<graphEnd>(env, exports, "graphEnd");
  exportFunction<graphReplay>(env, exports, "graphReplay");
  exportFunction<graphReset>(env, exports, "graphReset");
  exportFunction<eventRecord>(env, exports, "eventRecord");
  exportFunction<eventWait>(env, exports, "eventWait");
}

}  // namespace aha
