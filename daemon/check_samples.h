// What each source's mapping makes of samples: of which types the records are that it doesn't know, and which of its paths are
// never there. For those who write mappings.
#pragma once

#include <string>

#include "pipeline/plan/plan.h"

namespace tidemark {

struct SampleOptions {
  std::string directory;
  bool json = false;
  bool strict = false;   // also what is never there, what never fires and a source without samples is a mistake
};

// Writes a report to stdout. True when there are samples, and nothing to repair: no record is unmapped, rejected or undecodable.
bool CheckSamples(const Specs& specs, const Plan& plan, const SampleOptions& options);

}  // namespace tidemark
