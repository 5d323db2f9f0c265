// Samples of records, as files hold their values: one a line, or a .json file that is one.
#pragma once

#include <functional>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/status.h"
#include "pipeline/mapping/spec.h"

namespace tidemark {

// Whether records of such a source can stand one a line: not those of bytes.
inline bool AreLines(const MappingSpec& mapping) { return mapping.format == MapFormat::kJson && mapping.framing != MapFraming::kConfluent; }

// Calls `visit` for each record of a file of this name. Blank lines are none.
void ForEachSample(const std::string& name, std::istream& in, const std::function<void(std::string_view)>& visit);
// The same of a file; "-": standard input.
Status ForEachSampleOf(const std::string& path, const std::function<void(std::string_view)>& visit);

// Where a directory has the samples of a source: SOURCE.jsonl, SOURCE.json, SOURCE/*.jsonl, SOURCE/*.json; in this order, then by name.
std::vector<std::string> SampleFiles(const std::string& directory, const std::string& source);

}  // namespace tidemark
