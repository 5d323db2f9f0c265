// Runs a fuzz target without libFuzzer, on a fixed number of inputs that are the same each time:
//
//   NAME_fuzz [-runs=10000] [-max_total_time=SECONDS] [-seed=1] [-dict=FILE] [DIRECTORY | FILE]...
//
// Files alone are each run once: what a crash left. Those of directories are run once, and then damaged. Options of
// libFuzzer that are unknown here are passed over. A crash leaves its input in ./crash-NAME_fuzz.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/fuzz/fuzz.h"

extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace tidemark::testing {
namespace {

namespace fs = std::filesystem;

std::string program;
std::string present;  // the input that is being run

void KeepInput() {
  const std::string name = "crash-" + program;
  std::ofstream(name, std::ios::binary) << present;
  std::fprintf(stderr, "the input is in ./%s: %zu bytes\n", name.c_str(), present.size());
}

void OnSignal(int signal) {
  std::signal(signal, SIG_DFL);
  KeepInput();
  std::raise(signal);
}

void Run(std::string input) {
  present = std::move(input);
  // A heap copy of exactly this size, so that a sanitizer sees a read beyond the end.
  const std::vector<uint8_t> bytes(present.begin(), present.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::string Read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// "\x00abc" between the first quote and the last one of each line, as libFuzzer has it.
std::vector<std::string> ReadDictionary(const std::string& path) {
  std::vector<std::string> words;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const size_t first = line.find('"'), last = line.rfind('"');
    if (line.starts_with('#') || first == last) continue;
    std::string word;
    for (size_t at = first + 1; at < last; ++at) {
      if (line[at] == '\\' && line[at + 1] == 'x') {
        word += static_cast<char>(std::stoi(line.substr(at + 2, 2), nullptr, 16));
        at += 3;
      } else {
        if (line[at] == '\\') ++at;
        word += line[at];
      }
    }
    words.push_back(std::move(word));
  }
  return words;
}

struct Options {
  long runs = 10'000;
  long seconds = 0;
  uint64_t seed = 1;
  std::vector<std::string> words, files, corpus;

  void Take(const std::string& argument) {
    const auto value = [&](std::string_view name) {
      return argument.starts_with(name) ? argument.c_str() + name.size() : nullptr;
    };
    if (const char* n = value("-runs=")) runs = std::atol(n);
    if (const char* n = value("-max_total_time=")) seconds = std::atol(n);
    if (const char* n = value("-seed=")) seed = std::strtoull(n, nullptr, 10);
    if (const char* n = value("-dict=")) words = ReadDictionary(n);
    if (argument.starts_with('-')) return;
    if (!fs::is_directory(argument)) return files.push_back(argument);
    std::vector<fs::path> paths;
    for (const auto& entry : fs::recursive_directory_iterator(argument)) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    for (const fs::path& path : paths) corpus.push_back(Read(path));
  }
};

std::string Next(const Options& options, Random& random) {
  const auto any = [&](const std::vector<std::string>& of) { return of.empty() ? std::string() : of[Below(random, of.size())]; };
  std::string input = MakeInput != nullptr ? MakeInput(random) : any(options.corpus);
  if (MakeInput != nullptr && Below(random, 2) == 0) return input;
  for (uint64_t n = 1 + Below(random, 4); n > 0; --n) {
    if (!options.words.empty() && Below(random, 3) == 0) {
      input.insert(Below(random, input.size() + 1), any(options.words));
    } else {
      input = Damaged(random, std::move(input), MakeInput != nullptr ? MakeInput(random) : any(options.corpus));
    }
  }
  return input;
}

int Main(int argc, char** argv) {
  program = fs::path(argv[0]).filename();
  Options options;
  for (int i = 1; i < argc; ++i) options.Take(argv[i]);
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, OnSignal);
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(KeepInput);
  for (const std::string& file : options.files) Run(Read(file));
  if (!options.files.empty()) return 0;
  if (options.corpus.empty() && MakeInput == nullptr) {
    std::fprintf(stderr, "%s: nothing to start from: name a directory with inputs\n", program.c_str());
    return 2;
  }
  for (const std::string& seed : options.corpus) Run(seed);
  Random random(options.seed);
  const auto begin = std::chrono::steady_clock::now();
  const auto took = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  long run = 0;
  for (; options.seconds > 0 ? took() < static_cast<double>(options.seconds) : run < options.runs; ++run) Run(Next(options, random));
  std::printf("%ld inputs and %zu of the corpus in %.1f s, all as they should be\n", run, options.corpus.size(), took());
  return 0;
}

}  // namespace
}  // namespace tidemark::testing

int main(int argc, char** argv) { return tidemark::testing::Main(argc, argv); }
