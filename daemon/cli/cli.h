// The command line.
#pragma once

namespace tidemark {

// Parses it, runs the command, returns the exit code (daemon/exit_code.h).
int RunCommandLine(int argc, const char* const* argv);

}  // namespace tidemark
