// A first configuration of a source, from samples of its records: loads as it is, and rejects none of them.
#pragma once

#include <string>
#include <vector>

#include "pipeline/base/status.h"

namespace tidemark {

inline constexpr size_t kMostDraftSamples = 5'000;  // more are left out

// `name`: of the source. A function of name and records; says of them which fields and types there are, and shows no value but words that tell
// types and stages apart. kInvalid when no record is a JSON object or an array of them.
Result<std::string> DraftSource(const std::string& name, const std::vector<std::string>& records);

}  // namespace tidemark
