// Runs the source of kernels on the CPU, for tests: a block at a time, each of its threads in a context of its own that
// gives way where threads wait for one another.
#include <ucontext.h>

#include <cmath>
#include <cstring>
#include <tuple>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static
#define __restrict__

struct Index {
  unsigned x, y, z;
};
static Index gridDim, blockDim, blockIdx, threadIdx;

namespace host {

constexpr size_t kStack = 1 << 16;
constexpr unsigned kWarp = 32;

// Threads that wait until all others that have not ended have come too.
struct Barrier {
  unsigned alive = 0, arrived = 0, round = 0;
  void leave() {
    --alive;
    release();
  }
  void release() {
    if (arrived < alive) return;
    arrived = 0;
    ++round;
  }
};

struct Thread {
  ucontext_t context;
  std::vector<char> stack = std::vector<char>(kStack);
  bool ended = false;
};

static std::vector<Thread> threads;
static ucontext_t scheduler;
static size_t current;
static Barrier block;
static std::vector<Barrier> warps;
static std::vector<unsigned> lanes;
static void (*body)(void** arguments);
static void** given;

inline void wait(Barrier& barrier) {
  const unsigned round = barrier.round;
  ++barrier.arrived;
  barrier.release();
  while (barrier.round == round) swapcontext(&threads[current].context, &scheduler);
}

static void begin() {
  body(given);
  threads[current].ended = true;
  block.leave();
  warps[current / kWarp].leave();
  swapcontext(&threads[current].context, &scheduler);
}

static void runBlock() {
  const size_t count = blockDim.x;
  if (threads.size() < count) threads.resize(count);
  lanes.assign(count + kWarp, 0);
  block = Barrier{static_cast<unsigned>(count)};
  warps.assign((count + kWarp - 1) / kWarp, Barrier{});
  for (size_t i = 0; i < count; ++i) {
    ++warps[i / kWarp].alive;
    threads[i].ended = false;
    getcontext(&threads[i].context);
    threads[i].context.uc_stack.ss_sp = threads[i].stack.data();
    threads[i].context.uc_stack.ss_size = kStack;
    threads[i].context.uc_link = nullptr;
    makecontext(&threads[i].context, begin, 0);
  }
  for (size_t left = count; left > 0;) {
    left = 0;
    for (current = 0; current < count; ++current) {
      if (threads[current].ended) continue;
      ++left;
      threadIdx = {static_cast<unsigned>(current), 0, 0};
      swapcontext(&scheduler, &threads[current].context);
    }
  }
}

template <class... A, size_t... I>
void call(void (*kernel)(A...), void** arguments, std::index_sequence<I...>) {
  kernel(*static_cast<std::remove_reference_t<A>*>(arguments[I])...);
}

template <class... A>
void call(void (*kernel)(A...), void** arguments) {
  call(kernel, arguments, std::index_sequence_for<A...>{});
}

inline void run(void (*kernel)(void**), const unsigned* grid, const unsigned* size, void** arguments) {
  body = kernel;
  given = arguments;
  gridDim = {grid[0], grid[1], grid[2]};
  blockDim = {size[0], 1, 1};
  for (unsigned z = 0; z < grid[2]; ++z)
    for (unsigned y = 0; y < grid[1]; ++y)
      for (unsigned x = 0; x < grid[0]; ++x) {
        blockIdx = {x, y, z};
        runBlock();
      }
}

}  // namespace host

inline void __syncthreads() { host::wait(host::block); }

template <class V>
V __shfl_xor_sync(unsigned, V value, int apart) {
  static_assert(sizeof(V) == 4, "a lane passes on 4 bytes");
  const size_t own = host::current;
  host::Barrier& warp = host::warps[own / host::kWarp];
  memcpy(&host::lanes[own], &value, 4);
  host::wait(warp);
  memcpy(&value, &host::lanes[own ^ static_cast<size_t>(apart)], 4);
  host::wait(warp);
  return value;
}

inline unsigned __byte_perm(unsigned low, unsigned high, unsigned selector) {
  const unsigned long long bytes = (unsigned long long)high << 32 | low;
  unsigned result = 0;
  for (unsigned i = 0; i < 4; ++i) result |= (unsigned)(bytes >> 8 * (selector >> 4 * i & 7) & 0xff) << 8 * i;
  return result;
}

namespace host {

// What all lanes of the own warp give.
inline void gather(unsigned value, unsigned* all) {
  const size_t first = current / kWarp * kWarp;
  Barrier& warp = warps[current / kWarp];
  lanes[current] = value;
  wait(warp);
  memcpy(all, &lanes[first], kWarp * sizeof(unsigned));
  wait(warp);
}

inline float half(unsigned both, int which) {
  const unsigned bits = which == 0 ? both << 16 : both & 0xffff0000u;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

// d += a b as mma.sync.m16n8k16 of bfloat16 computes rows 0 to 7: lane 4r + t has columns 2t, 2t + 1 (first register) and
// 2t + 8, 2t + 9 (second) of row r of a, and of column r of b; and columns 2t and 2t + 1 of row r of d.
inline void multiply(float* d, unsigned a0, unsigned a1, unsigned b0, unsigned b1) {
  unsigned a[2][kWarp], b[2][kWarp];
  gather(a0, a[0]);
  gather(a1, a[1]);
  gather(b0, b[0]);
  gather(b1, b[1]);
  const size_t lane = current % kWarp, row = lane / 4;
  for (size_t i = 0; i < 2; ++i) {
    const size_t column = 2 * (lane % 4) + i;
    for (int k = 0; k < 16; ++k) {
      const int part = k / 8, t = k % 8 / 2;
      d[i] += half(a[part][4 * row + t], k % 2) * half(b[part][4 * column + t], k % 2);
    }
  }
}

}  // namespace host

inline unsigned __float_as_uint(float value) {
  unsigned bits;
  memcpy(&bits, &value, 4);
  return bits;
}

inline float __uint_as_float(unsigned bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
inline float __expf(float x) { return expf(x); }
inline float __fdividef(float x, float y) { return x / y; }

#define HOST_KERNEL(name)                                                                        \
  extern "C" void host_##name(const unsigned* grid, const unsigned* block, void** arguments) {   \
    host::run([](void** given) { host::call(name, given); }, grid, block, arguments);            \
  }
