#include "pipeline/base/diagnostic.h"

#include <algorithm>
#include <tuple>

namespace tidemark {

std::string Diagnostics::ToString() const {
  std::vector<const Diagnostic*> sorted;
  for (const Diagnostic& d : items_) sorted.push_back(&d);
  const auto key = [](const Diagnostic* d) { return std::tie(d->place.file, d->place.line, d->place.column, d->text); };
  std::stable_sort(sorted.begin(), sorted.end(), [&](auto* a, auto* b) { return key(a) < key(b); });
  sorted.erase(std::unique(sorted.begin(), sorted.end(), [&](auto* a, auto* b) { return key(a) == key(b); }), sorted.end());
  std::string text;
  for (const Diagnostic* d : sorted) {
    text += d->place.file;
    if (d->place.line > 0) text += ":" + std::to_string(d->place.line) + ":" + std::to_string(d->place.column);
    text += ": " + d->text + "\n";
  }
  return text;
}

}  // namespace tidemark
