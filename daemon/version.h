// What this binary is: for --version, tidemark_build_info and the landing page.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tidemark {

struct BuildInfo {
  std::string version, revision, build_date, compiler;
  std::vector<std::pair<std::string, std::string>> libraries;  // name, version
};
const BuildInfo& TheBuild();
// Several lines, as --version prints them.
std::string VersionText();

}  // namespace tidemark
