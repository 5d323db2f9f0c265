// Memory for large tables that are read at random places.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>

namespace tidemark {

// A standard allocator. From a huge page on (2 MiB) a block begins at the boundary of one and the kernel is asked for
// huge pages: with small ones nearly every access to such a table also misses the TLB, and prefetching it is in vain.
template <class T>
class HugePageAllocator {
 public:
  using value_type = T;
  HugePageAllocator() = default;
  template <class U>
  HugePageAllocator(const HugePageAllocator<U>&) {}  // NOLINT: allocators convert

  T* allocate(size_t n) {
    if (n * sizeof(T) < kHugePage) return std::allocator<T>().allocate(n);
    const size_t bytes = RoundUp(n * sizeof(T));
    void* memory = ::operator new(bytes, std::align_val_t{kHugePage});
    madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: without huge pages everything works as well
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, size_t n) {
    if (n * sizeof(T) < kHugePage) return std::allocator<T>().deallocate(memory, n);
    ::operator delete(memory, std::align_val_t{kHugePage});
  }
  template <class U>
  bool operator==(const HugePageAllocator<U>&) const { return true; }

 private:
  static constexpr size_t kHugePage = size_t{2} << 20;
  static size_t RoundUp(size_t bytes) { return (bytes + kHugePage - 1) / kHugePage * kHugePage; }
};

}  // namespace tidemark
