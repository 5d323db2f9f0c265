#include "pipeline/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace tidemark {

void CheckFailed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "level=fatal msg=\"invariant broken: %s\" at=%s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace tidemark
