// Writes what a GPU does, one event a line, with CLOCK_MONOTONIC times in ns: see trace.ts. CUDA loads it by
// CUDA_INJECTION64_PATH; TRACE_OUT names the file.
#include <cupti.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <unordered_map>

namespace {

constexpr size_t kBufferBytes = 8 << 20;
FILE* out = nullptr;

uint64_t monotonic() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ull + time.tv_nsec;
}

// Names are long and few: each is written once, as N, and events refer to it.
int idOf(const char* name) {
  // Never destroyed: what is left at the exit is written after static objects are gone.
  static auto& ids = *new std::unordered_map<std::string, int>;
  const auto [found, isNew] = ids.try_emplace(name ? name : "?", static_cast<int>(ids.size()));
  if (isNew) fprintf(out, "N %d %s\n", found->second, found->first.c_str());
  return found->second;
}

void line(char kind, uint64_t start, uint64_t end, long long name) {
  fprintf(out, "%c %llu %llu %lld\n", kind, (unsigned long long)start, (unsigned long long)end, name);
}

void write(const CUpti_Activity* record) {
  switch (record->kind) {
    case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL: {
      const auto* kernel = reinterpret_cast<const CUpti_ActivityKernel10*>(record);
      line('K', kernel->start, kernel->end, idOf(kernel->name));
      break;
    }
    case CUPTI_ACTIVITY_KIND_MEMCPY: {
      const auto* copy = reinterpret_cast<const CUpti_ActivityMemcpy6*>(record);
      line('C', copy->start, copy->end, copy->copyKind);
      break;
    }
    case CUPTI_ACTIVITY_KIND_MEMSET: {
      const auto* set = reinterpret_cast<const CUpti_ActivityMemset4*>(record);
      line('S', set->start, set->end, static_cast<long long>(set->bytes));
      break;
    }
    case CUPTI_ACTIVITY_KIND_RUNTIME: {
      const auto* call = reinterpret_cast<const CUpti_ActivityAPI*>(record);
      const char* name = nullptr;
      cuptiGetCallbackName(CUPTI_CB_DOMAIN_RUNTIME_API, call->cbid, &name);
      line('A', call->start, call->end, idOf(name));
      break;
    }
    default:
      break;
  }
}

void CUPTIAPI giveBuffer(uint8_t** buffer, size_t* size, size_t* records) {
  *buffer = static_cast<uint8_t*>(aligned_alloc(8, kBufferBytes));
  *size = kBufferBytes;
  *records = 0;
}

void CUPTIAPI takeBuffer(CUcontext, uint32_t, uint8_t* buffer, size_t, size_t valid) {
  CUpti_Activity* record = nullptr;
  while (cuptiActivityGetNextRecord(buffer, valid, &record) == CUPTI_SUCCESS) write(record);
  free(buffer);
}

void finish() {
  cuptiActivityFlushAll(1);
  fflush(out);
}

}  // namespace

extern "C" int InitializeInjection(void) {
  const char* path = getenv("TRACE_OUT");
  if (path == nullptr) return 1;
  out = fopen(path, "w");
  if (out == nullptr) {
    fprintf(stderr, "trace: %s cannot be written\n", path);
    return 0;
  }
  cuptiActivityRegisterTimestampCallback(monotonic);
  cuptiActivityRegisterCallbacks(giveBuffer, takeBuffer);
  for (auto kind : {CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, CUPTI_ACTIVITY_KIND_MEMCPY, CUPTI_ACTIVITY_KIND_MEMSET,
                    CUPTI_ACTIVITY_KIND_RUNTIME}) {
    cuptiActivityEnable(kind);
  }
  atexit(finish);
  return 1;
}
