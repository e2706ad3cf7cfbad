// The state of one JavaScript thread: its live tensors, opaque values, generators and resolved operators.
//
// JavaScript holds plain numbers. A handle carries a slot, a generation and a tag, so that a stray number, a handle
// of another kind and a handle used after its release are all told apart from a live one:
//
//   tag (3 bits, from 2^50) | generation (24 bits) | slot (26 bits)
#pragma once

#include "common.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>

#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>

namespace aha {

// A table of values addressed by handles.
template <class T>
class SlotTable {
 public:
  SlotTable(uint64_t tag, const char* kind) : tag_(tag), kind_(kind) {}

  double add(T value) {
    uint32_t slot;
    if (free_.empty()) {
      slot = static_cast<uint32_t>(entries_.size());
      if (slot > kSlotMask) throw BoundaryError(std::string("too many live ") + kind_ + "s");
      entries_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    Entry& entry = entries_[slot];
    entry.value = std::move(value);
    entry.live = true;
    ++live_;
    return static_cast<double>(tag_ << kTagShift | uint64_t{entry.generation} << kSlotBits | slot);
  }

  // True where the number has the form of a handle of this table, live or not.
  bool owns(double handle) const {
    return handle >= 0 && handle < 9007199254740992.0 && static_cast<uint64_t>(handle) >> kTagShift == tag_;
  }

  T& at(double handle) { return entry(handle).value; }

  void release(double handle) {
    Entry& released = entry(handle);
    released.value = T();
    released.live = false;
    released.generation = (released.generation + 1) & kGenerationMask;
    free_.push_back(static_cast<uint32_t>(static_cast<uint64_t>(handle) & kSlotMask));
    --live_;
  }

  size_t live() const { return live_; }

  template <class Visit>
  void forEach(Visit visit) const {
    for (const Entry& entry : entries_) {
      if (entry.live) visit(entry.value);
    }
  }

 private:
  static constexpr int kSlotBits = 26;
  static constexpr int kTagShift = 50;
  static constexpr uint64_t kSlotMask = (uint64_t{1} << kSlotBits) - 1;
  static constexpr uint32_t kGenerationMask = (1u << (kTagShift - kSlotBits)) - 1;

  struct Entry {
    T value;
    uint32_t generation = 0;
    bool live = false;
  };

  Entry& entry(double handle) {
    if (!owns(handle)) throw BoundaryError(std::string("not a ") + kind_);
    const auto bits = static_cast<uint64_t>(handle);
    const auto slot = static_cast<uint32_t>(bits & kSlotMask);
    const auto generation = static_cast<uint32_t>(bits >> kSlotBits) & kGenerationMask;
    if (slot >= entries_.size() || !entries_[slot].live || entries_[slot].generation != generation) {
      throw BoundaryError(std::string("the ") + kind_ + " was disposed of");
    }
    return entries_[slot];
  }

  const uint64_t tag_;
  const char* const kind_;
  std::deque<Entry> entries_;
  std::vector<uint32_t> free_;
  size_t live_ = 0;
};

// The kinds of argument that schemas use, decided once an operator so that a call does no type inspection.
enum class Kind : uint8_t {
  Tensor, Scalar, Int, Float, Bool, String, Dtype, Layout, MemoryFormat, Device, Generator, Complex,
  TensorList, IntList, FloatList, BoolList, List, Opaque,
};

struct ArgumentSpec {
  Kind kind;
  bool optional;
  // The schema's `int[2]`: one number stands for as many equal ones.
  int64_t repeat;
  // Element type of Kind::List.
  c10::TypePtr element;
  // What stands for an absent argument, read from the schema once: its default, None where it is optional.
  std::optional<c10::IValue> absent;
};

struct Operator {
  c10::OperatorHandle handle;
  std::string name;
  std::vector<ArgumentSpec> arguments;
};

struct Instance {
  SlotTable<at::Tensor> tensors{1, "tensor"};
  // Values JavaScript can only pass on: streams, storages, torch classes, dictionaries.
  SlotTable<c10::IValue> values{2, "opaque value"};
  SlotTable<at::Generator> generators{3, "generator"};
  std::deque<Operator> operators;
  std::unordered_map<std::string, uint32_t> operatorIndex;
  // Arguments and results of the call in progress: empty between calls, its memory kept.
  std::vector<c10::IValue> stack;

  static Instance& of(napi_env env) {
    void* data = nullptr;
    check(env, napi_get_instance_data(env, &data));
    return *static_cast<Instance*>(data);
  }
};

// --- handles and values of torch -----------------------------------------------------------------------------

inline at::Tensor& tensorAt(napi_env env, napi_value handle) {
  return Instance::of(env).tensors.at(toDouble(env, handle));
}
// A new handle, or null for an undefined tensor.
napi_value fromTensor(napi_env env, at::Tensor tensor);
std::vector<at::Tensor> toTensorVector(napi_env env, napi_value array);

// Describes a type as its schema spells it, for operators' argument tables.
ArgumentSpec specFor(const c10::Argument& argument);
c10::IValue toIValue(napi_env env, Instance& instance, napi_value value, const ArgumentSpec& spec);
napi_value fromIValue(napi_env env, Instance& instance, c10::IValue value);

}  // namespace aha
