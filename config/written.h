// Parts of a YAML file as they were written, for people to read and copy.
#pragma once

#include <string>

#include "config/yaml.h"

namespace tidemark::config {

// The lines from `first` to before `end`, without what indents them all and what belongs to the next part (comments and
// empty lines at the end). In place of an alias stands what its anchor holds, on one line, so that the part means the same
// elsewhere; beyond kMostExpanded only the alias.
inline constexpr size_t kMostExpanded = 4096;  // bytes that stand for aliases, in one part: they may hold aliases themselves
std::string Written(const Document& document, int first, int end);
// The KPI of `kpis` that begins in this line.
std::string WrittenKpi(const Document& document, int first);
// The first line after a section, of which `line` is one.
int EndOfSection(const Document& document, int line);

}  // namespace tidemark::config
