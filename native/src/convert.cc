// JavaScript values ↔ IValues, as the operator's schema asks.

#include "instance.h"

#include <ATen/core/jit_type.h>

#include <cmath>

namespace aha {

namespace {

Kind kindOfInt(const c10::TypePtr& realType) {
  switch (realType->kind()) {
    case c10::TypeKind::ScalarTypeType: return Kind::Dtype;
    case c10::TypeKind::LayoutType: return Kind::Layout;
    case c10::TypeKind::MemoryFormatType: return Kind::MemoryFormat;
    default: return Kind::Int;
  }
}

// `type` is what the dispatcher passes, `realType` what the schema says: a dtype is an int to the first only.
ArgumentSpec specForType(const c10::TypePtr& type, const c10::TypePtr& realType) {
  ArgumentSpec spec{Kind::Opaque, false, 0, nullptr, std::nullopt};
  switch (type->kind()) {
    case c10::TypeKind::OptionalType: {
      const bool both = realType->kind() == c10::TypeKind::OptionalType;
      spec = specForType(type->containedType(0), both ? realType->containedType(0) : realType);
      spec.optional = true;
      return spec;
    }
    case c10::TypeKind::TensorType: spec.kind = Kind::Tensor; return spec;
    case c10::TypeKind::NumberType: spec.kind = Kind::Scalar; return spec;
    case c10::TypeKind::IntType: spec.kind = kindOfInt(realType); return spec;
    case c10::TypeKind::SymIntType: spec.kind = Kind::Int; return spec;
    case c10::TypeKind::FloatType:
    case c10::TypeKind::SymFloatType: spec.kind = Kind::Float; return spec;
    case c10::TypeKind::BoolType: spec.kind = Kind::Bool; return spec;
    case c10::TypeKind::StringType: spec.kind = Kind::String; return spec;
    case c10::TypeKind::ComplexType: spec.kind = Kind::Complex; return spec;
    case c10::TypeKind::DeviceObjType: spec.kind = Kind::Device; return spec;
    case c10::TypeKind::GeneratorType: spec.kind = Kind::Generator; return spec;
    case c10::TypeKind::ScalarTypeType: spec.kind = Kind::Dtype; return spec;
    case c10::TypeKind::LayoutType: spec.kind = Kind::Layout; return spec;
    case c10::TypeKind::MemoryFormatType: spec.kind = Kind::MemoryFormat; return spec;
    case c10::TypeKind::ListType: {
      spec.element = type->containedType(0);
      switch (spec.element->kind()) {
        case c10::TypeKind::TensorType: spec.kind = Kind::TensorList; break;
        case c10::TypeKind::IntType:
        case c10::TypeKind::SymIntType: spec.kind = Kind::IntList; break;
        case c10::TypeKind::FloatType: spec.kind = Kind::FloatList; break;
        case c10::TypeKind::BoolType: spec.kind = Kind::BoolList; break;
        default: spec.kind = Kind::List;
      }
      return spec;
    }
    default: return spec;
  }
}

int64_t memoryFormatFromName(const std::string& name) {
  if (name == "contiguous") return static_cast<int64_t>(at::MemoryFormat::Contiguous);
  if (name == "preserve") return static_cast<int64_t>(at::MemoryFormat::Preserve);
  if (name == "channels_last") return static_cast<int64_t>(at::MemoryFormat::ChannelsLast);
  if (name == "channels_last_3d") return static_cast<int64_t>(at::MemoryFormat::ChannelsLast3d);
  throw BoundaryError("unknown memory format \"" + name +
                      "\"; known: contiguous preserve channels_last channels_last_3d");
}

int64_t layoutFromName(const std::string& name) {
  if (name == "strided") return static_cast<int64_t>(at::kStrided);
  if (name == "sparse_coo") return static_cast<int64_t>(at::kSparse);
  if (name == "sparse_csr") return static_cast<int64_t>(at::kSparseCsr);
  if (name == "mkldnn") return static_cast<int64_t>(at::kMkldnn);
  throw BoundaryError("unknown layout \"" + name + "\"; known: strided sparse_coo sparse_csr mkldnn");
}

// Named constants are strings in JavaScript; their numbers are accepted too.
template <class FromName>
c10::IValue namedInt(napi_env env, napi_value value, FromName fromName) {
  if (typeOf(env, value) == napi_string) return static_cast<int64_t>(fromName(toString(env, value)));
  return toInt64(env, value);
}

c10::complex<double> toComplex(napi_env env, napi_value value) {
  napi_value real, imaginary;
  check(env, napi_get_named_property(env, value, "re", &real));
  check(env, napi_get_named_property(env, value, "im", &imaginary));
  return {toDouble(env, real), toDouble(env, imaginary)};
}

// JavaScript has one kind of number: a whole one is an integer scalar, so that integer tensors stay integers.
c10::IValue toScalar(napi_env env, napi_value value) {
  switch (typeOf(env, value)) {
    case napi_boolean: return toBool(env, value);
    case napi_bigint: return toInt64(env, value);
    case napi_object: return toComplex(env, value);
    default: {
      const double number = toDouble(env, value);
      constexpr double kExact = 9007199254740992.0;
      if (std::trunc(number) == number && std::abs(number) <= kExact && !std::signbit(number == 0 ? number : 1.0)) {
        return static_cast<int64_t>(number);
      }
      return number;
    }
  }
}

bool isArray(napi_env env, napi_value value) {
  bool result = false;
  check(env, napi_is_array(env, value, &result));
  return result;
}

void requireArray(napi_env env, napi_value value, const char* of) {
  if (!isArray(env, value)) {
    throw BoundaryError(std::string("expected an array of ") + of + ", got " + describe(env, value));
  }
}

at::Tensor toTensor(napi_env env, Instance& instance, napi_value value) {
  double handle;
  if (napi_get_value_double(env, value, &handle) != napi_ok || !instance.tensors.owns(handle)) {
    throw BoundaryError("expected a Tensor, got " + describe(env, value));
  }
  return instance.tensors.at(handle);
}

c10::IValue toIntList(napi_env env, napi_value value, const ArgumentSpec& spec) {
  if (spec.repeat > 0 && !isArray(env, value)) {
    return std::vector<int64_t>(static_cast<size_t>(spec.repeat), toInt64(env, value));
  }
  requireArray(env, value, "integers");
  return toInt64Vector(env, value);
}

template <class T, class Convert>
c10::IValue toTypedList(napi_env env, napi_value value, const char* of, Convert convert) {
  requireArray(env, value, of);
  c10::List<T> list;
  forEachElement(env, value, [&](napi_value element, uint32_t) { list.push_back(convert(element)); });
  return list;
}

c10::IValue toGenericList(napi_env env, Instance& instance, napi_value value, const ArgumentSpec& spec) {
  requireArray(env, value, "values");
  c10::impl::GenericList list(spec.element);
  const ArgumentSpec element = specForType(spec.element, spec.element);
  forEachElement(env, value, [&](napi_value item, uint32_t) { list.push_back(toIValue(env, instance, item, element)); });
  return list;
}

// Where a schema says Any or names a class, the handle decides, else the value's own JavaScript kind.
c10::IValue toOpaque(napi_env env, Instance& instance, napi_value value) {
  switch (typeOf(env, value)) {
    case napi_number: {
      const double number = toDouble(env, value);
      if (instance.values.owns(number)) return instance.values.at(number);
      if (instance.tensors.owns(number)) return instance.tensors.at(number);
      return toScalar(env, value);
    }
    case napi_string: return toString(env, value);
    case napi_boolean: return toBool(env, value);
    default:
      if (isArray(env, value)) return toInt64Vector(env, value);
      throw BoundaryError("expected an opaque value made by another operator, got " + describe(env, value));
  }
}

c10::IValue toGenerator(napi_env env, Instance& instance, napi_value value) {
  double handle;
  if (napi_get_value_double(env, value, &handle) != napi_ok || !instance.generators.owns(handle)) {
    throw BoundaryError("expected a Generator, got " + describe(env, value));
  }
  return instance.generators.at(handle);
}

napi_value fromComplex(napi_env env, c10::complex<double> value) {
  napi_value object;
  check(env, napi_create_object(env, &object));
  setProperty(env, object, "re", fromDouble(env, value.real()));
  setProperty(env, object, "im", fromDouble(env, value.imag()));
  return object;
}

}  // namespace

ArgumentSpec specFor(const c10::Argument& argument) {
  ArgumentSpec spec = specForType(argument.type(), argument.real_type());
  if (const auto repeat = argument.N()) spec.repeat = *repeat;
  if (const auto& value = argument.default_value()) spec.absent = *value;
  else if (spec.optional) spec.absent = c10::IValue();
  return spec;
}

c10::IValue toIValue(napi_env env, Instance& instance, napi_value value, const ArgumentSpec& spec) {
  if (spec.optional && isNullish(env, value)) return c10::IValue();
  switch (spec.kind) {
    case Kind::Tensor: return toTensor(env, instance, value);
    case Kind::Scalar: return toScalar(env, value);
    case Kind::Int: return toInt64(env, value);
    case Kind::Float: return toDouble(env, value);
    case Kind::Bool: return toBool(env, value);
    case Kind::String: return toString(env, value);
    case Kind::Complex: return toComplex(env, value);
    case Kind::Dtype: return namedInt(env, value, dtypeFromName);
    case Kind::Layout: return namedInt(env, value, layoutFromName);
    case Kind::MemoryFormat: return namedInt(env, value, memoryFormatFromName);
    case Kind::Device: return deviceFromName(toString(env, value));
    case Kind::Generator: return toGenerator(env, instance, value);
    case Kind::IntList: return toIntList(env, value, spec);
    case Kind::TensorList:
      return toTypedList<at::Tensor>(env, value, "Tensors",
                                     [&](napi_value element) { return toTensor(env, instance, element); });
    case Kind::FloatList:
      return toTypedList<double>(env, value, "numbers", [&](napi_value element) { return toDouble(env, element); });
    case Kind::BoolList:
      return toTypedList<bool>(env, value, "booleans", [&](napi_value element) { return toBool(env, element); });
    case Kind::List: return toGenericList(env, instance, value, spec);
    case Kind::Opaque: return toOpaque(env, instance, value);
  }
  throw BoundaryError("unreachable argument kind");
}

napi_value fromTensor(napi_env env, at::Tensor tensor) {
  if (!tensor.defined()) return null(env);
  return fromDouble(env, Instance::of(env).tensors.add(std::move(tensor)));
}

std::vector<at::Tensor> toTensorVector(napi_env env, napi_value array) {
  Instance& instance = Instance::of(env);
  std::vector<at::Tensor> tensors;
  forEachElement(env, array, [&](napi_value element, uint32_t) { tensors.push_back(toTensor(env, instance, element)); });
  return tensors;
}

napi_value fromIValue(napi_env env, Instance& instance, c10::IValue value) {
  if (value.isTensor()) return fromTensor(env, std::move(value).toTensor());
  if (value.isNone()) return null(env);
  if (value.isInt()) return fromInt64(env, value.toInt());
  if (value.isDouble()) return fromDouble(env, value.toDouble());
  if (value.isBool()) return fromBool(env, value.toBool());
  if (value.isString()) return fromString(env, value.toStringRef());
  if (value.isDevice()) return fromString(env, deviceName(value.toDevice()));
  if (value.isComplexDouble()) return fromComplex(env, value.toComplexDouble());
  if (value.isGenerator()) return fromDouble(env, instance.generators.add(value.toGenerator()));
  if (value.isList() || value.isTuple()) {
    const std::vector<c10::IValue> items = value.isList()
                                               ? std::vector<c10::IValue>(value.toListRef().begin(), value.toListRef().end())
                                               : std::vector<c10::IValue>(value.toTupleRef().elements().begin(),
                                                                          value.toTupleRef().elements().end());
    return fromVector(env, items, [&](const c10::IValue& item) { return fromIValue(env, instance, item); });
  }
  return fromDouble(env, instance.values.add(std::move(value)));
}

}  // namespace aha
