// The allocator of the process: mimalloc, but under sanitizers, which bring their own.
#pragma once

#include <cstdint>

namespace tidemark {

// From here on large pages are asked for, where `budget_bytes` for the whole process leaves room for them: each thread
// touches some of its own. Records, rows and ids are read all over memory: large pages took up to a fifth off the CPU in paired runs.
void UseLargePages(uint64_t budget_bytes);

}  // namespace tidemark
