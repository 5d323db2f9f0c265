// The manual page, tidemark(1).
#pragma once

#include <string>

#include "daemon/cli/command_doc.h"

namespace tidemark {

// In the man(7) macros. `version` and `date` (YYYY-MM-DD) are for its edges.
std::string ManualPage(const CommandDoc& program, const std::string& version, const std::string& date);

}  // namespace tidemark
