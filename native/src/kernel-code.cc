// Compiles kernels and launches them.
//
// On CUDA they are compiled by NVRTC and launched by the driver: libtorch's libcaffe2_nvrtc.so leads to both, and their few
// functions are declared here, so that no header of theirs is needed. On the CPU kernels come from a shared library, for
// tests.

#include "kernels.h"

#include <dlfcn.h>

#ifdef AHA_CUDA
#include <c10/core/DeviceGuard.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#endif

namespace aha {

#ifdef AHA_CUDA

namespace {

// Names and types are those of <nvrtc.h> and <cuda.h>; 0 is success for both.
struct Library {
  int (*nvrtcCreateProgram)(void** program, const char* source, const char* name, int, const char**, const char**);
  int (*nvrtcDestroyProgram)(void** program);
  int (*nvrtcCompileProgram)(void* program, int count, const char* const* options);
  int (*nvrtcGetProgramLogSize)(void* program, size_t* size);
  int (*nvrtcGetProgramLog)(void* program, char* log);
  int (*nvrtcGetCUBINSize)(void* program, size_t* size);
  int (*nvrtcGetCUBIN)(void* program, char* code);
  const char* (*nvrtcGetErrorString)(int result);
  int (*cuGetErrorString)(int result, const char** text);
  int (*cuModuleLoadData)(void** module, const void* code);
  int (*cuModuleGetFunction)(void** function, void* module, const char* name);
  int (*cuLaunchKernel)(void* function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                        unsigned sharedBytes, cudaStream_t stream, void** arguments, void** extra);

  Library() {
    handle_ = dlopen("libcaffe2_nvrtc.so", RTLD_NOW | RTLD_LOCAL);
    if (handle_ == nullptr) throw BoundaryError(dlerror());
    find(nvrtcCreateProgram, "nvrtcCreateProgram");
    find(nvrtcDestroyProgram, "nvrtcDestroyProgram");
    find(nvrtcCompileProgram, "nvrtcCompileProgram");
    find(nvrtcGetProgramLogSize, "nvrtcGetProgramLogSize");
    find(nvrtcGetProgramLog, "nvrtcGetProgramLog");
    find(nvrtcGetCUBINSize, "nvrtcGetCUBINSize");
    find(nvrtcGetCUBIN, "nvrtcGetCUBIN");
    find(nvrtcGetErrorString, "nvrtcGetErrorString");
    find(cuGetErrorString, "cuGetErrorString");
    find(cuModuleLoadData, "cuModuleLoadData");
    find(cuModuleGetFunction, "cuModuleGetFunction");
    find(cuLaunchKernel, "cuLaunchKernel");
  }

 private:
  // Symbols of the libraries that this one was linked against are found through it.
  template <class Pointer>
  void find(Pointer& function, const char* name) {
    function = reinterpret_cast<Pointer>(dlsym(handle_, name));
    if (function == nullptr) throw BoundaryError(std::string("libcaffe2_nvrtc.so leads to no ") + name);
  }

  void* handle_;
};

const Library& library() {
  static const Library loaded;
  return loaded;
}

void checkDriver(int result, const std::string& what) {
  if (result == 0) return;
  const char* text = nullptr;
  library().cuGetErrorString(result, &text);
  throw BoundaryError(what + ": " + (text ? text : "CUDA error " + std::to_string(result)));
}

void checkCompiler(int result) {
  if (result != 0) throw BoundaryError(std::string("NVRTC: ") + library().nvrtcGetErrorString(result));
}

// The driver launches into the context of the thread, which the runtime makes on its first call there.
void ensureContext() {
  static thread_local bool made = false;
  if (made) return;
  cudaFree(nullptr);
  made = true;
}

std::vector<char> machineCode(const std::string& source, const std::vector<std::string>& options) {
  const Library& nvrtc = library();
  void* program = nullptr;
  checkCompiler(nvrtc.nvrtcCreateProgram(&program, source.c_str(), "kernels.cu", 0, nullptr, nullptr));
  const std::unique_ptr<void*, void (*)(void**)> owner(&program,
                                                       [](void** own) { library().nvrtcDestroyProgram(own); });
  std::vector<const char*> words;
  for (const auto& option : options) words.push_back(option.c_str());
  if (nvrtc.nvrtcCompileProgram(program, static_cast<int>(words.size()), words.data()) != 0) {
    size_t length = 0;
    checkCompiler(nvrtc.nvrtcGetProgramLogSize(program, &length));
    std::string log(length, '\0');
    checkCompiler(nvrtc.nvrtcGetProgramLog(program, &log[0]));
    throw BoundaryError("the kernel does not compile:\n" + log);
  }
  size_t size = 0;
  checkCompiler(nvrtc.nvrtcGetCUBINSize(program, &size));
  std::vector<char> code(size);
  checkCompiler(nvrtc.nvrtcGetCUBIN(program, code.data()));
  return code;
}

void launchOnDevice(const Kernel& kernel, const unsigned* grid, const unsigned* block, void** arguments) {
  ensureContext();
  checkDriver(library().cuLaunchKernel(kernel.function, grid[0], grid[1], grid[2], block[0], block[1], block[2], 0,
                                       c10::cuda::getCurrentCUDAStream().stream(), arguments, nullptr),
              kernel.name);
}

}  // namespace

std::vector<Kernel> compileKernels(const at::Device& device, const std::string& source,
                             const std::vector<std::string>& names, std::vector<std::string> options) {
  const c10::DeviceGuard guard(device);
  ensureContext();
  cudaDeviceProp properties;
  if (cudaGetDeviceProperties(&properties, c10::cuda::current_device()) != cudaSuccess) {
    throw BoundaryError("the device's properties cannot be read");
  }
  options.push_back("--gpu-architecture=sm_" + std::to_string(properties.major) + std::to_string(properties.minor));
  options.push_back("--std=c++17");
  const std::vector<char> code = machineCode(source, options);
  // A module lives as long as the process: kernels are compiled once.
  void* module = nullptr;
  checkDriver(library().cuModuleLoadData(&module, code.data()), "loading a kernel");
  std::vector<Kernel> kernels;
  for (const auto& name : names) {
    Kernel kernel;
    kernel.name = name;
    checkDriver(library().cuModuleGetFunction(&kernel.function, module, name.c_str()), name);
    kernels.push_back(kernel);
  }
  return kernels;
}

#else

namespace {

void launchOnDevice(const Kernel& kernel, const unsigned*, const unsigned*, void**) {
  throw BoundaryError(kernel.name + ": this build of the addon has no CUDA");
}

}  // namespace

std::vector<Kernel> compileKernels(const at::Device&, const std::string&, const std::vector<std::string>&,
                             std::vector<std::string>) {
  throw BoundaryError("this build of the addon has no CUDA");
}

#endif

std::vector<Kernel> loadKernels(const std::string& path, const std::vector<std::string>& names) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw BoundaryError(dlerror());
  std::vector<Kernel> kernels;
  for (const auto& name : names) {
    Kernel kernel;
    kernel.name = name;
    kernel.host = reinterpret_cast<decltype(kernel.host)>(dlsym(library, ("host_" + name).c_str()));
    if (kernel.host == nullptr) throw BoundaryError(path + " has no kernel " + name);
    kernels.push_back(kernel);
  }
  return kernels;
}

void launchKernel(const Kernel& kernel, const unsigned* grid, const unsigned* block, void** arguments) {
  if (kernel.host != nullptr) {
    kernel.host(grid, block, arguments);
  } else {
    launchOnDevice(kernel, grid, block, arguments);
  }
}

}  // namespace aha
