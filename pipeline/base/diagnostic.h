// Mistakes in a configuration, each at the place where the user wrote it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/nearest.h"  // IWYU pragma: export

namespace tidemark {

// Where something stands in a configuration file; lines and columns count from 1, 0 = unknown.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
};

struct Diagnostic {
  Place place;
  std::string text;  // "kpis[2].windows[1]: 90m is not a multiple of its step 1h; nearest: 1h, 2h"
};

// All mistakes of a configuration, in one go. Sorted by place when printed.
class Diagnostics {
 public:
  void Add(Place place, std::string text) { items_.push_back({std::move(place), std::move(text)}); }
  bool empty() const { return items_.empty(); }
  const std::vector<Diagnostic>& items() const { return items_; }
  // "file:line:column: text" lines, sorted, without repeats.
  std::string ToString() const;

 private:
  std::vector<Diagnostic> items_;
};

}  // namespace tidemark
