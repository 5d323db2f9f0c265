// CHECK: an invariant of our own, on in release. Never for what input, a file or the network can cause.
#pragma once

namespace tidemark {

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);

}  // namespace tidemark

#define TM_CHECK(condition)                                                       \
  do {                                                                            \
    if (!(condition)) [[unlikely]]                                                \
      ::tidemark::CheckFailed(__FILE__, __LINE__, #condition);                    \
  } while (false)
