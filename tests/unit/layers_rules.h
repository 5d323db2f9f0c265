// The rules of the source tree: who may include whom, what a pure room may not do, how files look.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark::layers {

// What is wrong with one file, each as `path:line: what: what to do instead`. `path` is relative to the root.
std::vector<std::string> CheckFile(std::string_view path, std::string_view content);

// What is wrong with the names at the root: missing or foreign ones.
std::vector<std::string> CheckTopLevel(std::vector<std::string> names);

}  // namespace tidemark::layers
