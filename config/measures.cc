#include "config/measures.h"

namespace tidemark::config {

std::string Listed(const std::vector<std::string>& words, std::string_view last) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " " + std::string(last) + " " : ", ";
    text += words[i];
  }
  return text;
}

std::string Listed(Measures set, std::string_view last) {
  std::vector<std::string> words;
  for (uint32_t m = 0; m <= static_cast<uint32_t>(Measure::kFormula); ++m) {
    const auto measure = static_cast<Measure>(m);
    if (Contains(set, measure)) words.emplace_back(ToString(measure));
  }
  return Listed(words, last);
}

}  // namespace tidemark::config
