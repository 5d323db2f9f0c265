// Samples of records, as files hold their values: one a line, or a .json file that is one.
#pragma once

#include <functional>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/status.h"

namespace tidemark {

// Calls `visit` for each record of a file of this name. Blank lines are none.
void ForEachSample(const std::string& name, std::istream& in, const std::function<void(std::string_view)>& visit);
// The same of a file; "-": standard input.
Status ForEachSampleOf(const std::string& path, const std::function<void(std::string_view)>& visit);

// Where a directory has the samples of a source: SOURCE.jsonl, SOURCE.json, SOURCE/*.jsonl, SOURCE/*.json; in this order, then by name.
std::vector<std::string> SampleFiles(const std::string& directory, const std::string& source);

}  // namespace tidemark
