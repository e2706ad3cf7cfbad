// Ranks that compute together: libtorch's c10d, with Gloo for the CPU and NCCL for CUDA.
//
// A backend is compiled where its headers are: setup/build-addon.mjs then defines USE_C10D_GLOO or USE_C10D_NCCL.
// Without either, processGroupBackends() is empty and there are no other functions.
//
// What moves elements unchanged moves them as bytes, so that every dtype travels. What adds them up over Gloo adds in
// the order of the ranks: the sum then has the bits of a loop over ranks, for any number of them.

#include "instance.h"

#if defined(USE_C10D_GLOO) || defined(USE_C10D_NCCL)
#define AHA_RANKS
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <torch/version.h>
#if TORCH_VERSION_MAJOR >= 2
#include <torch/csrc/distributed/c10d/Backend.hpp>
#endif
#endif
#ifdef USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif
#ifdef USE_C10D_NCCL
#include <c10/cuda/CUDAFunctions.h>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include <cstdlib>
#endif

#include <functional>
#include <numeric>

namespace aha {

namespace {

// processGroupBackends() → the names of those compiled in.
napi_value processGroupBackends(const Args& args) {
  std::vector<std::string> names;
#ifdef USE_C10D_GLOO
  names.push_back("gloo");
#endif
#ifdef USE_C10D_NCCL
  names.push_back("nccl");
#endif
  return fromVector(args.env, names, [&](const std::string& name) { return fromString(args.env, name); });
}

#ifdef AHA_RANKS

#if TORCH_VERSION_MAJOR >= 2
using Backend = c10d::Backend;
#else
using Backend = c10d::ProcessGroup;
#endif
using Tensors = std::vector<at::Tensor>;

struct Group {
  c10::intrusive_ptr<Backend> backend;
  bool isGloo;
  // Of NCCL: the device that this rank computes on.
  int device = -1;

  int size() const { return backend->getSize(); }
};

// A collective under way. The tensors it reads and writes live until then.
struct Work {
  c10::intrusive_ptr<c10d::Work> work;
  Tensors kept;
  // What is left to do once it has ended.
  std::function<void()> finish;
};

Group& groupAt(const Args& args) {
  Group& group = externalAt<Group>(args, 0);
  if (!group.backend) throw BoundaryError("the process group was disposed of");
  return group;
}

Tensors detached(Tensors tensors) {
  for (at::Tensor& tensor : tensors) tensor = tensor.detach();
  return tensors;
}
at::Tensor tensorArgument(const Args& args, size_t position) { return tensorAt(args.env, args[position]).detach(); }
Tensors tensorsArgument(const Args& args, size_t position) { return detached(toTensorVector(args.env, args[position])); }

// The elements as a vector of bytes: of the tensor itself where it is contiguous, else of a copy.
at::Tensor bytesOf(const at::Tensor& tensor) { return tensor.contiguous().view({-1}).view(at::kByte); }
Tensors bytesOf(const Tensors& tensors) {
  Tensors result;
  for (const at::Tensor& tensor : tensors) result.push_back(bytesOf(tensor));
  return result;
}

// Puts bytes that were received into the tensor they are for.
void putBytes(const at::Tensor& tensor, const at::Tensor& bytes) {
  if (!bytes.is_alias_of(tensor)) tensor.copy_(bytes.view(tensor.scalar_type()).view(tensor.sizes()));
}

std::vector<int64_t> byteSizesOf(const Tensors& tensors) {
  std::vector<int64_t> sizes;
  for (const at::Tensor& tensor : tensors) sizes.push_back(static_cast<int64_t>(tensor.nbytes()));
  return sizes;
}

Work broadcastOf(Group& group, const at::Tensor& tensor, int64_t root) {
  c10d::BroadcastOptions options;
  options.rootRank = root;
  Tensors bytes = {bytesOf(tensor)};
  auto work = group.backend->broadcast(bytes, options);
  return {work, bytes, [tensor, bytes] { putBytes(tensor, bytes[0]); }};
}

// outputs[r] becomes rank r's input.
Work allGatherOf(Group& group, const Tensors& outputs, const at::Tensor& input) {
  std::vector<Tensors> received = {bytesOf(outputs)};
  Tensors sent = {bytesOf(input)};
  auto work = group.backend->allgather(received, sent);
  Tensors kept = received[0];
  kept.push_back(sent[0]);
  return {work, kept, [outputs, from = received[0]] {
            for (size_t i = 0; i < outputs.size(); ++i) putBytes(outputs[i], from[i]);
          }};
}

// Bytes on their way to all ranks and from them.
struct Exchange {
  c10::intrusive_ptr<c10d::Work> work;
  at::Tensor sent, received;
  std::vector<int64_t> sizes;

  // What a rank has sent, in the form of this tensor. Bytes where no element of its dtype can lie are moved first.
  at::Tensor from(size_t rank, const at::Tensor& like) const {
    const at::Tensor part = received.split_with_sizes(sizes)[rank];
    const bool fits = part.storage_offset() % static_cast<int64_t>(like.element_size()) == 0;
    return (fits ? part : part.clone()).view(like.scalar_type()).view(like.sizes());
  }
};

// Sends inputs[r] to rank r, and receives `sizes[r]` bytes of it.
Exchange exchangeOf(Group& group, const std::vector<int64_t>& sizes, const Tensors& inputs) {
  Exchange exchange{{}, at::cat(bytesOf(inputs)), {}, sizes};
  exchange.received =
      at::empty({std::accumulate(sizes.begin(), sizes.end(), int64_t{0})}, exchange.sent.options());
  // The backend takes both for its own.
  auto inputCounts = byteSizesOf(inputs), outputCounts = sizes;
  exchange.work = group.backend->alltoall_base(exchange.received, exchange.sent, outputCounts, inputCounts);
  return exchange;
}

// outputs[r] becomes what rank r has at this rank's place of its inputs. Sizes may differ.
Work allToAllOf(Group& group, const Tensors& outputs, const Tensors& inputs) {
  const Exchange exchange = exchangeOf(group, byteSizesOf(outputs), inputs);
  return {exchange.work, {exchange.sent}, [outputs, exchange] {
            for (size_t i = 0; i < outputs.size(); ++i) outputs[i].copy_(exchange.from(i, outputs[i]));
          }};
}

// output becomes the sum over ranks of what each has at this rank's place of its inputs.
Work reduceScatterOf(Group& group, const at::Tensor& output, const Tensors& inputs) {
  if (!group.isGloo) {
    Tensors outputs = {output.contiguous()};
    std::vector<Tensors> sent = {{}};
    for (const at::Tensor& input : inputs) sent[0].push_back(input.contiguous());
    auto work = group.backend->reduce_scatter(outputs, sent);
    Tensors kept = sent[0];
    kept.push_back(outputs[0]);
    return {work, kept, [output, from = outputs[0]] {
              if (!from.is_alias_of(output)) output.copy_(from);
            }};
  }
  const std::vector<int64_t> sizes(inputs.size(), static_cast<int64_t>(output.nbytes()));
  const Exchange exchange = exchangeOf(group, sizes, inputs);
  return {exchange.work, {exchange.sent}, [output, exchange] {
            output.copy_(exchange.from(0, output));
            for (size_t rank = 1; rank < exchange.sizes.size(); ++rank) output.add_(exchange.from(rank, output));
          }};
}

c10d::ReduceOp reduceOpOf(const std::string& name) {
  if (name == "sum") return c10d::ReduceOp::SUM;
  if (name == "max") return c10d::ReduceOp::MAX;
  if (name == "min") return c10d::ReduceOp::MIN;
  throw BoundaryError("unknown reduction \"" + name + "\"; known: sum, max, min");
}

// Gloo's own sum: of two, whose order is none, and of the dtypes that it adds up.
bool sumsItself(const Group& group, at::ScalarType dtype) {
  const bool known = dtype == at::kFloat || dtype == at::kDouble || dtype == at::kInt || dtype == at::kLong;
  return !group.isGloo || (group.size() <= 2 && known);
}

// The sum in the order of the ranks: each adds up one slice of all, and gives it to the others.
Work orderedSumOf(Group& group, const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous().view({-1});
  Tensors slices;
  for (int64_t rank = 0, size = group.size(); rank < size; ++rank) {
    const int64_t begin = flat.numel() * rank / size, end = flat.numel() * (rank + 1) / size;
    slices.push_back(flat.slice(0, begin, end));
  }
  const at::Tensor own = slices[group.backend->getRank()].clone();
  Work scatter = reduceScatterOf(group, own, slices);
  // Slices differ in size by one, which an all-gather does not allow.
  scatter.finish = [&group, tensor, flat, slices, own, scattered = scatter.finish] {
    scattered();
    Work gather = allToAllOf(group, slices, Tensors(slices.size(), own));
    gather.work->wait();
    gather.finish();
    if (!flat.is_alias_of(tensor)) tensor.copy_(flat.view(tensor.sizes()));
  };
  return scatter;
}

Work allReduceOf(Group& group, const at::Tensor& tensor, const std::string& op) {
  c10d::AllreduceOptions options;
  options.reduceOp = reduceOpOf(op);
  if (op == "sum" && !sumsItself(group, tensor.scalar_type())) return orderedSumOf(group, tensor);
  Tensors reduced = {tensor.contiguous()};
  auto work = group.backend->allreduce(reduced, options);
  return {work, reduced, [tensor, reduced] {
            if (!reduced[0].is_alias_of(tensor)) tensor.copy_(reduced[0]);
          }};
}

napi_value started(const Args& args, Work work) { return external(args.env, std::make_unique<Work>(std::move(work))); }

// Collectives: (group, …) → work, which groupWait waits for. All ranks of the group call them in the same order.
napi_value groupBroadcast(const Args& args) {
  return started(args, broadcastOf(groupAt(args), tensorArgument(args, 1), toInt64(args.env, args[2])));
}
napi_value groupAllReduce(const Args& args) {
  return started(args, allReduceOf(groupAt(args), tensorArgument(args, 1), toString(args.env, args[2])));
}
napi_value groupAllGather(const Args& args) {
  return started(args, allGatherOf(groupAt(args), tensorsArgument(args, 1), tensorArgument(args, 2)));
}
napi_value groupReduceScatter(const Args& args) {
  return started(args, reduceScatterOf(groupAt(args), tensorArgument(args, 1), tensorsArgument(args, 2)));
}
napi_value groupAllToAll(const Args& args) {
  return started(args, allToAllOf(groupAt(args), tensorsArgument(args, 1), tensorsArgument(args, 2)));
}
napi_value groupBarrier(const Args& args) {
  Group& group = groupAt(args);
  c10d::BarrierOptions options;
  if (group.device >= 0) options.device_ids = {group.device};
  return started(args, {group.backend->barrier(options), {}, [] {}});
}

// groupWait(work): blocks until it has ended; throws what ended it.
napi_value groupWait(const Args& args) {
  Work& work = externalAt<Work>(args, 0);
  if (!work.work) return undefined(args.env);
  const c10::NoGradGuard noGrad;
  work.work->wait();
  work.finish();
  work = Work{};
  return undefined(args.env);
}

// groupIsDone(work): whether the others' part has come.
napi_value groupIsDone(const Args& args) {
  Work& work = externalAt<Work>(args, 0);
  return fromBool(args.env, !work.work || work.work->isCompleted());
}

using Milliseconds = std::chrono::milliseconds;
using Store = c10::intrusive_ptr<c10d::Store>;

// rankStore(host, port, whether this process hosts it, prefix of its keys, ranks, timeout in ms) → store, where ranks
// leave their addresses for each other. The host waits for all ranks.
napi_value rankStore(const Args& args) {
  const napi_env env = args.env;
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(toInt64(env, args[1]));
  options.isServer = toBool(env, args[2]);
  options.numWorkers = static_cast<size_t>(toInt64(env, args[4]));
  options.timeout = Milliseconds(toInt64(env, args[5]));
  const auto store = c10::make_intrusive<c10d::TCPStore>(toString(env, args[0]), options);
  return external(env, std::make_unique<Store>(c10::make_intrusive<c10d::PrefixStore>(toString(env, args[3]), store)));
}

#ifdef USE_C10D_GLOO
c10::intrusive_ptr<Backend> glooOf(const Store& store, int rank, int size, Milliseconds timeout,
                                   const std::string& interface) {
  auto options = c10d::ProcessGroupGloo::Options::create(timeout);
  options->devices.push_back(interface.empty() ? c10d::ProcessGroupGloo::createDefaultDevice()
                                               : c10d::ProcessGroupGloo::createDeviceForInterface(interface));
  options->threads = 2;
  return c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, options);
}
#endif

#ifdef USE_C10D_NCCL
// Its waits block the host, so that a rank that died is an error of the collective; else a watchdog ends the process.
c10::intrusive_ptr<Backend> ncclOf(const Store& store, int rank, int size, Milliseconds timeout,
                                   const at::Device& device) {
  for (const char* name : {"TORCH_NCCL_BLOCKING_WAIT", "NCCL_BLOCKING_WAIT"}) setenv(name, "1", 0);
  c10::cuda::set_device(device.index());
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = timeout;
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size, options);
}
#endif

// processGroup(store, backend, rank, ranks, timeout in ms, place) → group: connects with the other ranks. The place is
// the network interface of Gloo, "" for the one of this machine's name, or the device of NCCL.
napi_value processGroup(const Args& args) {
  const napi_env env = args.env;
  [[maybe_unused]] const Store& store = externalAt<Store>(args, 0);
  const std::string name = toString(env, args[1]), place = toString(env, args[5]);
  [[maybe_unused]] const int rank = static_cast<int>(toInt64(env, args[2])), size = static_cast<int>(toInt64(env, args[3]));
  [[maybe_unused]] const Milliseconds timeout(toInt64(env, args[4]));
  auto group = std::make_unique<Group>();
  group->isGloo = name == "gloo";
#ifdef USE_C10D_GLOO
  if (name == "gloo") group->backend = glooOf(store, rank, size, timeout, place);
#endif
#ifdef USE_C10D_NCCL
  if (name == "nccl") {
    group->device = deviceFromName(place).index();
    group->backend = ncclOf(store, rank, size, timeout, deviceFromName(place));
  }
#endif
  if (!group->backend) throw BoundaryError("this build of the addon has no " + name);
  // Garbage collection never ends a group: that would wait for collectives under way, which a failed process must not.
  napi_value result;
  check(env, napi_create_external(env, group.get(), nullptr, nullptr, &result));
  group.release();
  return result;
}

// releaseGroup(group): ends its threads and connections.
napi_value releaseGroup(const Args& args) {
  externalAt<Group>(args, 0).backend.reset();
  return undefined(args.env);
}

#endif

}  // namespace

void exportProcessGroup(napi_env env, napi_value exports) {
  exportFunction<processGroupBackends>(env, exports, "processGroupBackends");
#ifdef AHA_RANKS
  exportFunction<rankStore>(env, exports, "rankStore");
  exportFunction<processGroup>(env, exports, "processGroup");
  exportFunction<releaseGroup>(env, exports, "releaseGroup");
  exportFunction<groupBroadcast>(env, exports, "groupBroadcast");
  exportFunction<groupAllReduce>(env, exports, "groupAllReduce");
  exportFunction<groupAllGather>(env, exports, "groupAllGather");
  exportFunction<groupReduceScatter>(env, exports, "groupReduceScatter");
  exportFunction<groupAllToAll>(env, exports, "groupAllToAll");
  exportFunction<groupBarrier>(env, exports, "groupBarrier");
  exportFunction<groupWait>(env, exports, "groupWait");
  exportFunction<groupIsDone>(env, exports, "groupIsDone");
#endif
}

}  // namespace aha
