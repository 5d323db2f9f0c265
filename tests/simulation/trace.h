// Everything that is decided and shown, as a hash: two runs with the same one went the same way.
#pragma once

#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>

#include "pipeline/base/hash.h"

namespace tidemark::simulation {

class Trace {
 public:
  explicit Trace(bool print) : print_(print) {}
  void Say(std::string_view text) {
    hash_ = Hash64(text, hash_);
    if (print_) std::cout << text << '\n';
  }
  // Counts, but is too long to print.
  void Mix(std::string_view text) { hash_ = Hash64(text, hash_); }
  uint64_t hash() const { return hash_; }

 private:
  const bool print_;
  uint64_t hash_ = 0;
};

}  // namespace tidemark::simulation
