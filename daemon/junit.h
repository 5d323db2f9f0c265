// Test results as JUnit XML, which every CI system reads.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "pipeline/base/time.h"

namespace tidemark {

struct JunitCase {
  std::string name;
  std::string file;
  int line = 0;
  Duration took{};
  std::string message;  // the failure in a line
  std::string failure;  // what is wrong, for people; empty: passed
  bool error = false;   // the failure is none of the tested definitions, but of the program
};

struct JunitSuite {
  std::string name;
  std::vector<JunitCase> cases;
};

void WriteJunit(const std::vector<JunitSuite>& suites, std::ostream* out);

}  // namespace tidemark
