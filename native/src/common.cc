#include "common.h"

#include <cmath>
#include <unordered_map>

namespace aha {

double toDouble(napi_env env, napi_value value) {
  double number;
  if (napi_get_value_double(env, value, &number) == napi_ok) return number;
  if (typeOf(env, value) == napi_bigint) return static_cast<double>(toInt64(env, value));
  throw BoundaryError("expected a number, got " + describe(env, value));
}

int64_t toInt64(napi_env env, napi_value value) {
  double number;
  if (napi_get_value_double(env, value, &number) == napi_ok) {
    if (std::trunc(number) != number || std::abs(number) > 9007199254740992.0) {
      throw BoundaryError("expected an integer, got " + describe(env, value));
    }
    return static_cast<int64_t>(number);
  }
  if (typeOf(env, value) == napi_bigint) {
    int64_t integer;
    bool lossless;
    check(env, napi_get_value_bigint_int64(env, value, &integer, &lossless));
    if (!lossless) throw BoundaryError("expected a 64-bit integer, got a larger BigInt");
    return integer;
  }
  throw BoundaryError("expected an integer, got " + describe(env, value));
}

bool toBool(napi_env env, napi_value value) {
  bool result;
  if (napi_get_value_bool(env, value, &result) == napi_ok) return result;
  throw BoundaryError("expected a boolean, got " + describe(env, value));
}

std::string toString(napi_env env, napi_value value) {
  size_t length;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) {
    throw BoundaryError("expected a string, got " + describe(env, value));
  }
  std::string text(length, '\0');
  check(env, napi_get_value_string_utf8(env, value, &text[0], length + 1, &length));
  return text;
}

std::vector<int64_t> toInt64Vector(napi_env env, napi_value value) {
  uint32_t length = 0;
  check(env, napi_get_array_length(env, value, &length));
  std::vector<int64_t> result;
  result.reserve(length);
  forEachElement(env, value, [&](napi_value element, uint32_t) { result.push_back(toInt64(env, element)); });
  return result;
}

std::string describe(napi_env env, napi_value value) {
  bool isArray = false;
  napi_is_array(env, value, &isArray);
  if (isArray) {
    uint32_t length = 0;
    napi_get_array_length(env, value, &length);
    return "array of " + std::to_string(length);
  }
  switch (typeOf(env, value)) {
    case napi_undefined: return "undefined";
    case napi_null: return "null";
    case napi_boolean: return toBool(env, value) ? "true" : "false";
    case napi_string: return "string \"" + toString(env, value).substr(0, 60) + "\"";
    case napi_bigint: return "a BigInt";
    case napi_function: return "a function";
    case napi_object: return "an object";
    case napi_number: {
      double number;
      napi_get_value_double(env, value, &number);
      std::string text = std::to_string(number);
      while (text.find('.') != std::string::npos && (text.back() == '0' || text.back() == '.')) {
        const bool point = text.back() == '.';
        text.pop_back();
        if (point) break;
      }
      return "number " + text;
    }
    default: return "a value of another kind";
  }
}

napi_value fromDouble(napi_env env, double value) {
  napi_value result;
  check(env, napi_create_double(env, value, &result));
  return result;
}

napi_value fromInt64(napi_env env, int64_t value) {
  constexpr int64_t kExact = int64_t{1} << 53;
  napi_value result;
  if (value >= -kExact && value <= kExact) {
    check(env, napi_create_int64(env, value, &result));
  } else {
    check(env, napi_create_bigint_int64(env, value, &result));
  }
  return result;
}

napi_value fromBool(napi_env env, bool value) {
  napi_value result;
  check(env, napi_get_boolean(env, value, &result));
  return result;
}

napi_value fromString(napi_env env, const std::string& value) {
  napi_value result;
  check(env, napi_create_string_utf8(env, value.data(), value.size(), &result));
  return result;
}

napi_value fromInt64Vector(napi_env env, at::IntArrayRef values) {
  return fromVector(env, values.vec(), [&](int64_t value) { return fromInt64(env, value); });
}

napi_value null(napi_env env) {
  napi_value result;
  check(env, napi_get_null(env, &result));
  return result;
}

napi_value undefined(napi_env env) {
  napi_value result;
  check(env, napi_get_undefined(env, &result));
  return result;
}

void setProperty(napi_env env, napi_value object, const char* name, napi_value value) {
  check(env, napi_set_named_property(env, object, name, value));
}

namespace {

// JavaScript's names for torch's dtypes; the names of torch.float32 and so on without their prefix.
const std::unordered_map<std::string, at::ScalarType>& dtypes() {
  static const std::unordered_map<std::string, at::ScalarType> table = {
      {"float32", at::kFloat},   {"float64", at::kDouble},  {"float16", at::kHalf},
      {"bfloat16", at::kBFloat16}, {"int64", at::kLong},    {"int32", at::kInt},
      {"int16", at::kShort},     {"int8", at::kChar},       {"uint8", at::kByte},
      {"bool", at::kBool},       {"complex64", at::kComplexFloat}, {"complex128", at::kComplexDouble},
  };
  return table;
}

}  // namespace

at::ScalarType dtypeFromName(const std::string& name) {
  const auto found = dtypes().find(name);
  if (found != dtypes().end()) return found->second;
  throw BoundaryError("unknown dtype \"" + name +
                      "\"; known: float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64 "
                      "complex128");
}

std::string dtypeName(at::ScalarType dtype) {
  for (const auto& entry : dtypes()) {
    if (entry.second == dtype) return entry.first;
  }
  return c10::toString(dtype);
}

at::Device deviceFromName(const std::string& name) {
  try {
    return at::Device(name);
  } catch (const c10::Error&) {
    throw BoundaryError("unknown device \"" + name + "\"; use cpu, cuda or cuda:<index>");
  }
}

std::string deviceName(const at::Device& device) { return device.str(); }

bool isOutOfMemory(const std::string& message) {
  return message.find("out of memory") != std::string::npos ||
         message.find("can't allocate memory") != std::string::npos ||
         message.find("not enough memory") != std::string::npos;
}

std::string withoutBackends(const std::string& message) {
  // "Could not run 'aten::x' with arguments from the 'CUDA' backend. This could be because …", then a line a backend.
  const auto end = message.find(". This could be because the operator doesn't exist for this backend");
  if (end == std::string::npos) return message;
  return message.substr(0, end) + ": this torch has no kernel for it there";
}

void throwToJavaScript(napi_env env, const std::string& message, const char* code) {
  const char* effective = code ? code : isOutOfMemory(message) ? "ERR_OUT_OF_MEMORY" : "ERR_TORCH";
  napi_value codeValue, messageValue, error;
  napi_create_string_utf8(env, effective, NAPI_AUTO_LENGTH, &codeValue);
  napi_create_string_utf8(env, message.data(), message.size(), &messageValue);
  napi_create_error(env, codeValue, messageValue, &error);
  napi_throw(env, error);
}

}  // namespace aha
