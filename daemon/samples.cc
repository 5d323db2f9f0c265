#include "daemon/samples.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

namespace tidemark {
namespace fs = std::filesystem;

void ForEachSample(const std::string& name, std::istream& in, const std::function<void(std::string_view)>& visit) {
  if (name.ends_with(".json")) return visit(std::string(std::istreambuf_iterator<char>(in), {}));
  for (std::string line; std::getline(in, line);) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) visit(line);
  }
}

Status ForEachSampleOf(const std::string& path, const std::function<void(std::string_view)>& visit) {
  if (path == "-") {
    ForEachSample(path, std::cin, visit);
    return Status::Ok();
  }
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path)) return Invalid(path + ": cannot be read");
  ForEachSample(path, file, visit);
  return file.bad() ? Invalid(path + ": cannot be read") : Status::Ok();
}

std::vector<std::string> SampleFiles(const std::string& directory, const std::string& source) {
  const fs::path base = fs::path(directory) / source;
  std::vector<std::string> files;
  std::error_code error;
  for (const char* extension : {".jsonl", ".json"}) {
    if (const std::string file = base.string() + extension; fs::is_regular_file(file, error)) files.push_back(file);
  }
  std::vector<std::string> within;
  for (fs::directory_iterator entry(base, error), end; !error && entry != end; entry.increment(error)) {
    const std::string extension = entry->path().extension().string();
    if ((extension == ".jsonl" || extension == ".json") && entry->is_regular_file(error)) within.push_back(entry->path().string());
  }
  std::sort(within.begin(), within.end());
  files.insert(files.end(), within.begin(), within.end());
  return files;
}

}  // namespace tidemark
