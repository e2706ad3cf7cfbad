// Tensors' lifetime, their metadata, and raw data in and out.

#include "instance.h"

#include <ATen/ops/empty.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <cstring>
#include <unordered_map>

namespace aha {

namespace {

napi_value release(const Args& args) {
  Instance::of(args.env).tensors.release(toDouble(args.env, args[0]));
  return undefined(args.env);
}

napi_value releaseValue(const Args& args) {
  Instance::of(args.env).values.release(toDouble(args.env, args[0]));
  return undefined(args.env);
}

napi_value isLive(const Args& args) {
  try {
    tensorAt(args.env, args[0]);
    return fromBool(args.env, true);
  } catch (const BoundaryError&) {
    return fromBool(args.env, false);
  }
}

napi_value shape(const Args& args) { return fromInt64Vector(args.env, tensorAt(args.env, args[0]).sizes()); }
napi_value strides(const Args& args) { return fromInt64Vector(args.env, tensorAt(args.env, args[0]).strides()); }
napi_value dtype(const Args& args) {
  return fromString(args.env, dtypeName(tensorAt(args.env, args[0]).scalar_type()));
}
napi_value device(const Args& args) { return fromString(args.env, deviceName(tensorAt(args.env, args[0]).device())); }
napi_value dataPointer(const Args& args) {
  return fromInt64(args.env, reinterpret_cast<int64_t>(tensorAt(args.env, args[0]).data_ptr()));
}

// The single element as a JavaScript number, boolean or BigInt; waits for the device.
napi_value item(const Args& args) {
  const at::Scalar scalar = tensorAt(args.env, args[0]).item();
  if (scalar.isBoolean()) return fromBool(args.env, scalar.toBool());
  if (scalar.isIntegral(false)) return fromInt64(args.env, scalar.toLong());
  if (scalar.isComplex()) throw BoundaryError("item() of a complex tensor");
  return fromDouble(args.env, scalar.toDouble());
}

struct Bytes {
  char* data;
  size_t size;
};

Bytes bytesOf(napi_env env, napi_value value) {
  bool typed = false;
  check(env, napi_is_typedarray(env, value, &typed));
  void* data = nullptr;
  if (typed) {
    napi_typedarray_type type;
    size_t length = 0;
    check(env, napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr));
    static const size_t widths[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
    return {static_cast<char*>(data), length * widths[type]};
  }
  bool isBuffer = false;
  check(env, napi_is_arraybuffer(env, value, &isBuffer));
  if (!isBuffer) throw BoundaryError("expected a typed array or ArrayBuffer, got " + describe(env, value));
  size_t size = 0;
  check(env, napi_get_arraybuffer_info(env, value, &data, &size));
  return {static_cast<char*>(data), size};
}

// releaseAll(handles, count): the first `count` of a Float64Array, read where they lie.
napi_value releaseAll(const Args& args) {
  Instance& instance = Instance::of(args.env);
  const Bytes bytes = bytesOf(args.env, args[0]);
  const auto* handles = reinterpret_cast<const double*>(bytes.data);
  const int64_t count = toInt64(args.env, args[1]);
  if (count < 0 || static_cast<size_t>(count) > bytes.size / sizeof(double)) {
    throw BoundaryError("releaseAll beyond the end of the handles");
  }
  for (int64_t i = 0; i < count; ++i) instance.tensors.release(handles[i]);
  return undefined(args.env);
}

// fromData(typedArray, dtype, shape, device): one copy, straight into the tensor's memory.
napi_value fromData(const Args& args) {
  const napi_env env = args.env;
  const Bytes bytes = bytesOf(env, args[0]);
  const at::ScalarType dtype = dtypeFromName(toString(env, args[1]));
  const std::vector<int64_t> sizes = toInt64Vector(env, args[2]);
  const at::Device target = deviceFromName(toString(env, args[3]));
  at::Tensor tensor = at::empty(sizes, at::TensorOptions(dtype));
  if (tensor.nbytes() != bytes.size) {
    throw BoundaryError("data of " + std::to_string(bytes.size) + " bytes does not fill a " + dtypeName(dtype) +
                        " tensor of " + std::to_string(tensor.numel()) + " elements");
  }
  if (bytes.size > 0) std::memcpy(tensor.data_ptr(), bytes.data, bytes.size);
  return fromTensor(env, target.is_cpu() ? tensor : tensor.to(target));
}

at::Tensor onHost(const at::Tensor& tensor) { return tensor.detach().to(at::kCPU).contiguous(); }

// toData(handle) → ArrayBuffer with a copy of the elements in row-major order.
napi_value toData(const Args& args) {
  const at::Tensor host = onHost(tensorAt(args.env, args[0]));
  void* data = nullptr;
  napi_value buffer;
  check(args.env, napi_create_arraybuffer(args.env, host.nbytes(), &data, &buffer));
  if (host.nbytes() > 0) std::memcpy(data, host.data_ptr(), host.nbytes());
  return buffer;
}

at::Tensor& hostMemory(const Args& args, const char* what) {
  at::Tensor& tensor = tensorAt(args.env, args[0]);
  if (!tensor.device().is_cpu() || !tensor.is_contiguous()) {
    throw BoundaryError(std::string(what) + " needs a contiguous tensor on the CPU");
  }
  return tensor;
}

// writeBytes(handle, byteOffset, typedArray): copies into the tensor's own memory, for piecewise loading.
napi_value writeBytes(const Args& args) {
  at::Tensor& tensor = hostMemory(args, "writeBytes");
  const int64_t offset = toInt64(args.env, args[1]);
  const Bytes bytes = bytesOf(args.env, args[2]);
  if (offset < 0 || static_cast<size_t>(offset) + bytes.size > tensor.nbytes()) {
    throw BoundaryError("writeBytes beyond the end of the tensor");
  }
  std::memcpy(static_cast<char*>(tensor.data_ptr()) + offset, bytes.data, bytes.size);
  return undefined(args.env);
}

// view(handle) → ArrayBuffer over the tensor's own memory, which stays alive as long as the buffer does.
napi_value view(const Args& args) {
  const at::Tensor& tensor = hostMemory(args, "view");
  auto* keep = new at::Tensor(tensor);
  napi_value buffer;
  const napi_status status = napi_create_external_arraybuffer(
      args.env, tensor.data_ptr(), tensor.nbytes(),
      [](napi_env, void*, void* hint) { delete static_cast<at::Tensor*>(hint); }, keep, &buffer);
  if (status != napi_ok) {
    delete keep;
    throw BoundaryError("this JavaScript runtime allows no external memory; use toData()");
  }
  return buffer;
}

// storage(handle), currentStream(device): opaque values for the few schemas that ask for them.
napi_value storage(const Args& args) {
  return fromDouble(args.env, Instance::of(args.env).values.add(c10::IValue(tensorAt(args.env, args[0]).storage())));
}

napi_value currentStream(const Args& args) {
  const at::Device device = deviceFromName(toString(args.env, args[0]));
  const c10::impl::VirtualGuardImpl guard(device.type());
  return fromDouble(args.env, Instance::of(args.env).values.add(c10::IValue(guard.getStream(device))));
}

// liveMemory() → {tensors, bytes}: live handles, and the bytes of the distinct storages behind them.
napi_value liveMemory(const Args& args) {
  const napi_env env = args.env;
  Instance& instance = Instance::of(env);
  std::unordered_map<const void*, size_t> storages;
  instance.tensors.forEach([&](const at::Tensor& tensor) {
    if (tensor.has_storage()) storages[tensor.storage().unsafeGetStorageImpl()] = tensor.storage().nbytes();
  });
  size_t bytes = 0;
  for (const auto& storage : storages) bytes += storage.second;
  napi_value result;
  check(env, napi_create_object(env, &result));
  setProperty(env, result, "tensors", fromInt64(env, static_cast<int64_t>(instance.tensors.live())));
  setProperty(env, result, "bytes", fromInt64(env, static_cast<int64_t>(bytes)));
  return result;
}

}  // namespace

void exportTensors(napi_env env, napi_value exports) {
  exportFunction<release>(env, exports, "release");
  exportFunction<releaseAll>(env, exports, "releaseAll");
  exportFunction<releaseValue>(env, exports, "releaseValue");
  exportFunction<isLive>(env, exports, "isLive");
  exportFunction<shape>(env, exports, "shape");
  exportFunction<strides>(env, exports, "strides");
  exportFunction<dtype>(env, exports, "dtype");
  exportFunction<device>(env, exports, "device");
  exportFunction<dataPointer>(env, exports, "dataPointer");
  exportFunction<item>(env, exports, "item");
  exportFunction<fromData>(env, exports, "fromData");
  exportFunction<toData>(env, exports, "toData");
  exportFunction<writeBytes>(env, exports, "writeBytes");
  exportFunction<view>(env, exports, "view");
  exportFunction<storage>(env, exports, "storage");
  exportFunction<currentStream>(env, exports, "currentStream");
  exportFunction<liveMemory>(env, exports, "liveMemory");
}

}  // namespace aha
