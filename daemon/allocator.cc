#include "daemon/allocator.h"

#ifdef TIDEMARK_MIMALLOC
#include <mimalloc.h>
#endif

namespace tidemark {

void UseLargePages([[maybe_unused]] uint64_t budget_bytes) {
#ifdef TIDEMARK_MIMALLOC
  constexpr uint64_t kRoomy = 512u << 20;
  if (budget_bytes >= kRoomy) mi_option_enable(mi_option_large_os_pages);
#endif
}

}  // namespace tidemark
