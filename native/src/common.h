// What every file of the addon shares: N-API without ceremony, and errors that reach JavaScript as errors.
//
// The addon holds storage, operators, autograd, random generators and the device. It knows no model, no loss and
// no sampling policy, and it compiles unchanged against every libtorch from 1.13 on.
#pragma once

#include <node_api.h>

#include <ATen/Device.h>
#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace aha {

// An error whose text is complete for the JavaScript caller.
struct BoundaryError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A JavaScript exception is already pending; unwind without replacing it.
struct PendingException {};

inline void check(napi_env env, napi_status status) {
  if (status == napi_ok) return;
  if (status == napi_pending_exception) throw PendingException{};
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  throw BoundaryError(info && info->error_message ? info->error_message : "N-API call failed");
}

// Arguments of one call from JavaScript. ATen's longest schema has fewer than 40 arguments; most calls have a few, and
// Node-API fills the whole room it is given.
struct Args {
  static constexpr size_t kFew = 8;
  static constexpr size_t kMax = 48;
  napi_env env;
  size_t count = kFew;
  napi_value values[kMax];

  Args(napi_env environment, napi_callback_info info) : env(environment) {
    check(env, napi_get_cb_info(env, info, &count, values, nullptr, nullptr));
    if (count <= kFew) return;
    if (count > kMax) throw BoundaryError("too many arguments");
    count = kMax;
    check(env, napi_get_cb_info(env, info, &count, values, nullptr, nullptr));
  }
  napi_value operator[](size_t i) const { return values[i]; }
};

inline napi_valuetype typeOf(napi_env env, napi_value value) {
  napi_valuetype type;
  check(env, napi_typeof(env, value, &type));
  return type;
}

inline bool isNullish(napi_env env, napi_value value) {
  const auto type = typeOf(env, value);
  return type == napi_null || type == napi_undefined;
}

// --- reading JavaScript values -------------------------------------------------------------------------------

double toDouble(napi_env env, napi_value value);
int64_t toInt64(napi_env env, napi_value value);
bool toBool(napi_env env, napi_value value);
std::string toString(napi_env env, napi_value value);
std::vector<int64_t> toInt64Vector(napi_env env, napi_value value);

// Calls `visit(element, index)` for each element of a JavaScript array.
template <class Visit>
void forEachElement(napi_env env, napi_value array, Visit visit) {
  uint32_t length = 0;
  check(env, napi_get_array_length(env, array, &length));
  for (uint32_t i = 0; i < length; ++i) {
    napi_value element;
    check(env, napi_get_element(env, array, i, &element));
    visit(element, i);
  }
}

// A short rendering of a JavaScript value for error messages: `string "x"`, `array of 3`, `number 1.5`.
std::string describe(napi_env env, napi_value value);

// --- making JavaScript values --------------------------------------------------------------------------------

napi_value fromDouble(napi_env env, double value);
// A number where it is exact, a BigInt beyond 2^53.
napi_value fromInt64(napi_env env, int64_t value);
napi_value fromBool(napi_env env, bool value);
napi_value fromString(napi_env env, const std::string& value);
napi_value fromInt64Vector(napi_env env, at::IntArrayRef values);
napi_value null(napi_env env);
napi_value undefined(napi_env env);
void setProperty(napi_env env, napi_value object, const char* name, napi_value value);

template <class T, class Make>
napi_value fromVector(napi_env env, const std::vector<T>& values, Make make) {
  napi_value array;
  check(env, napi_create_array_with_length(env, values.size(), &array));
  for (size_t i = 0; i < values.size(); ++i) {
    check(env, napi_set_element(env, array, static_cast<uint32_t>(i), make(values[i])));
  }
  return array;
}

// --- names of torch's small types ----------------------------------------------------------------------------

at::ScalarType dtypeFromName(const std::string& name);
std::string dtypeName(at::ScalarType dtype);
at::Device deviceFromName(const std::string& name);
std::string deviceName(const at::Device& device);

// --- the boundary --------------------------------------------------------------------------------------------

void throwToJavaScript(napi_env env, const std::string& message, const char* code = nullptr);
// `out of memory` in torch's words, on any device and any version.
bool isOutOfMemory(const std::string& message);
// A message of torch's without the pages on where each backend's kernel was registered.
std::string withoutBackends(const std::string& message);

using Function = napi_value (*)(const Args&);

// Wraps a function so that every C++ exception becomes a JavaScript error.
template <Function function>
napi_value guarded(napi_env env, napi_callback_info info) {
  try {
    return function(Args(env, info));
  } catch (const PendingException&) {
  } catch (const BoundaryError& error) {
    throwToJavaScript(env, error.what());
  } catch (const c10::Error& error) {
    throwToJavaScript(env, withoutBackends(error.what_without_backtrace()));
  } catch (const std::exception& error) {
    throwToJavaScript(env, error.what());
  } catch (...) {
    throwToJavaScript(env, "unknown native error");
  }
  return nullptr;
}

template <Function function>
void exportFunction(napi_env env, napi_value exports, const char* name) {
  napi_value value;
  check(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, guarded<function>, nullptr, &value));
  setProperty(env, exports, name, value);
}

// An object that JavaScript holds and garbage collection deletes.
template <typename T>
napi_value external(napi_env env, std::unique_ptr<T> value) {
  napi_value result;
  check(env, napi_create_external(
                 env, value.get(), [](napi_env, void* data, void*) { delete static_cast<T*>(data); }, nullptr,
                 &result));
  value.release();
  return result;
}

template <typename T>
T& externalAt(const Args& args, size_t position) {
  void* data = nullptr;
  check(args.env, napi_get_value_external(args.env, args[position], &data));
  return *static_cast<T*>(data);
}

void exportOperators(napi_env env, napi_value exports);
void exportTensors(napi_env env, napi_value exports);
void exportAutograd(napi_env env, napi_value exports);
void exportRandom(napi_env env, napi_value exports);
void exportSystem(napi_env env, napi_value exports);
void exportCuda(napi_env env, napi_value exports);
void exportKernels(napi_env env, napi_value exports);
void exportInterrupt(napi_env env, napi_value exports);
void exportProcessGroup(napi_env env, napi_value exports);

}  // namespace aha
