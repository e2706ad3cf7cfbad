// Random generators: independent streams with a seed and a state that can be saved.

#include "instance.h"

#include <ATen/Context.h>
#include <ATen/core/Generator.h>

#include <mutex>

namespace aha {

namespace {

at::Generator& generatorAt(const Args& args) {
  return Instance::of(args.env).generators.at(toDouble(args.env, args[0]));
}

// generator(device, seed): a stream of its own, cloned from the device's default one so that any device works.
napi_value generator(const Args& args) {
  const at::Device device = deviceFromName(toString(args.env, args[0]));
  const at::Generator& prototype = at::globalContext().defaultGenerator(device);
  at::Generator stream = prototype.clone();
  stream.set_current_seed(static_cast<uint64_t>(toInt64(args.env, args[1])));
  return fromDouble(args.env, Instance::of(args.env).generators.add(std::move(stream)));
}

napi_value releaseGenerator(const Args& args) {
  Instance::of(args.env).generators.release(toDouble(args.env, args[0]));
  return undefined(args.env);
}

napi_value generatorSeed(const Args& args) {
  return fromInt64(args.env, static_cast<int64_t>(generatorAt(args).current_seed()));
}

// The state as a uint8 tensor on the CPU.
napi_value generatorState(const Args& args) {
  at::Generator& stream = generatorAt(args);
  std::lock_guard<std::mutex> lock(stream.mutex());
  return fromTensor(args.env, stream.get_state());
}

napi_value setGeneratorState(const Args& args) {
  at::Generator& stream = generatorAt(args);
  std::lock_guard<std::mutex> lock(stream.mutex());
  stream.set_state(tensorAt(args.env, args[1]));
  return undefined(args.env);
}

// manualSeed(seed): the default generators of every device.
napi_value manualSeed(const Args& args) {
  at::manual_seed(static_cast<uint64_t>(toInt64(args.env, args[0])));
  return undefined(args.env);
}

}  // namespace

void exportRandom(napi_env env, napi_value exports) {
  exportFunction<generator>(env, exports, "generator");
  exportFunction<releaseGenerator>(env, exports, "releaseGenerator");
  exportFunction<generatorSeed>(env, exports, "generatorSeed");
  exportFunction<generatorState>(env, exports, "generatorState");
  exportFunction<setGeneratorState>(env, exports, "setGeneratorState");
  exportFunction<manualSeed>(env, exports, "manualSeed");
}

}  // namespace aha
