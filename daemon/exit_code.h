// What the process tells its caller; documented in --help and README.md. Numbers above 60 are those of sysexits.h.
#pragma once

#include "pipeline/base/status.h"

namespace tidemark {

enum ExitCode : int {
  kExitOk = 0,
  kExitFailure = 1,    // anything without a number of its own; of `test`: a scenario failed
  kExitUsage = 2,      // the command line
  kExitData = 65,      // stored state or an input file that cannot be right
  kExitInternal = 70,  // did not stop within its time, or an error of ours
  kExitLocked = 75,    // another process owns the state directory
  kExitConfig = 78,    // the configuration is refused
};

inline int ExitCodeOf(const Status& status) {
  switch (status.code()) {
    case Code::kOk:
      return kExitOk;
    case Code::kInvalid:
      return kExitConfig;
    case Code::kCorrupt:
      return kExitData;
    case Code::kLocked:
      return kExitLocked;
    case Code::kInternal:
      return kExitInternal;
    case Code::kNotFound:
    case Code::kUnavailable:
    case Code::kNoSpace:
      break;
  }
  return kExitFailure;
}

}  // namespace tidemark
