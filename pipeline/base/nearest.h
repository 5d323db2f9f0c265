// "Did you mean": the known word closest to one that is not known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// The candidate with the least edit distance to `word`, empty when none is near.
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace tidemark
