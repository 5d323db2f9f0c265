// An explanation as JSON and as a table for people.
#pragma once

#include <string>

#include "pipeline/explain/explain.h"

namespace tidemark {

// Numbers are strings, exact; null where there is none.
std::string ExplanationJson(const Explanation& explanation);
std::string ExplanationTable(const Explanation& explanation);

}  // namespace tidemark
