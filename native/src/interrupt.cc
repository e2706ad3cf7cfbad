// A second Ctrl-C that no native call can delay.
//
// JavaScript hears of a signal when its event loop turns, and a long operator or backward pass holds that up. The
// handler here counts SIGINT and SIGTERM: it passes the first on to the handler it found (libuv's, and so JavaScript's),
// and at the second it ends the process at once. It calls only what signal-safety(7) allows.

#include "common.h"

#include <fcntl.h>
#include <signal.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace aha {

namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM};
constexpr int kStandardStreams[] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};

// One Ctrl-C may come twice: from the terminal, and passed on by a parent such as npm. A person takes longer.
constexpr int64_t kTogetherNanoseconds = 200'000'000;

struct sigaction previous[2];
std::atomic<int64_t> firstAt{0};
char lastWords[4096];
size_t lastWordsLength = 0;
termios terminal;
bool hasTerminal = false;

int64_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

[[noreturn]] void end(int signal) {
  // Node sets these back when it exits, which this does not: others may share the descriptors.
  for (const int stream : kStandardStreams) {
    const int flags = fcntl(stream, F_GETFL);
    if (flags >= 0) fcntl(stream, F_SETFL, flags & ~O_NONBLOCK);
  }
  // A process in the background would be stopped for touching the terminal.
  if (hasTerminal && tcgetpgrp(STDIN_FILENO) == getpgrp()) tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
  if (write(STDERR_FILENO, lastWords, lastWordsLength) < 0) {
    // Nobody reads; there is nothing left to do but end.
  }
  _exit(128 + signal);
}

void passOn(int signal, siginfo_t* info, void* context) {
  const struct sigaction& handler = previous[signal == kSignals[0] ? 0 : 1];
  if (handler.sa_flags & SA_SIGINFO) {
    handler.sa_sigaction(signal, info, context);
  } else if (handler.sa_handler == SIG_DFL) {
    end(signal);
  } else if (handler.sa_handler != SIG_IGN) {
    handler.sa_handler(signal);
  }
}

void onSignal(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  const int64_t time = now();
  int64_t first = 0;
  if (firstAt.compare_exchange_strong(first, time)) {
    passOn(signal, info, context);
  } else if (time - first >= kTogetherNanoseconds) {
    end(signal);
  }
  errno = error;
}

bool isOurs(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) && action.sa_sigaction == onSignal;
}

// endOnSecondInterrupt(lastWords): from now on a second signal ends the process with status 128 + signal, after these
// words on stderr. Called again it keeps the count and finds the handlers anew, as libuv takes its own away.
napi_value endOnSecondInterrupt(const Args& args) {
  const std::string words = toString(args.env, args[0]);
  lastWordsLength = std::min(words.size(), sizeof lastWords);
  std::memcpy(lastWords, words.data(), lastWordsLength);
  hasTerminal = tcgetattr(STDIN_FILENO, &terminal) == 0;
  struct sigaction action {};
  action.sa_sigaction = onSignal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigfillset(&action.sa_mask);
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    struct sigaction found;
    if (sigaction(kSignals[i], nullptr, &found) != 0 || isOurs(found)) continue;
    previous[i] = found;
    sigaction(kSignals[i], &action, nullptr);
  }
  return undefined(args.env);
}

// Gives the signals back to the handlers that were there, and forgets the count.
napi_value forgetInterrupts(const Args& args) {
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    struct sigaction found;
    if (sigaction(kSignals[i], nullptr, &found) == 0 && isOurs(found)) {
      sigaction(kSignals[i], &previous[i], nullptr);
    }
  }
  firstAt = 0;
  return undefined(args.env);
}

}  // namespace

void exportInterrupt(napi_env env, napi_value exports) {
  exportFunction<endOnSecondInterrupt>(env, exports, "endOnSecondInterrupt");
  exportFunction<forgetInterrupts>(env, exports, "forgetInterrupts");
}

}  // namespace aha
