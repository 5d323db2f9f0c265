// Completions for shells.
#pragma once

#include <string>

#include "daemon/cli/command_doc.h"

namespace tidemark {

// Scripts that the shells load by themselves when they lie where they look for them, and work when sourced.
std::string BashCompletion(const CommandDoc& program);
std::string ZshCompletion(const CommandDoc& program);
std::string FishCompletion(const CommandDoc& program);

}  // namespace tidemark
