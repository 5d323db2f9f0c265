// simulate [--seeds=N] [--first=S] [--all]: seeds one after the other, to the first that fails (or all of them).
// simulate --seed=S [--trace]: one; a failure is made small. Both: [--without=FAULT,...] [--with=FAULT,...] [--events=N] [--steps=N]
// [--kpis=KPI,...]
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <sstream>

#include "daemon/progress_line.h"
#include "tests/simulation/shrink.h"

namespace tidemark::simulation {
namespace {

constexpr int kUsage = 2;
constexpr int64_t kEveryFaultWithin = 1000;  // seeds

struct Options {
  Settings settings;
  uint64_t first = 1, seeds = 100;
  bool one = false, all = false;
};

std::vector<std::string> Split(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream in(list);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

// False: not understood.
bool Parse(const std::string& argument, Options* options) {
  const size_t equals = argument.find('=');
  const std::string name = argument.substr(0, equals), value = equals == std::string::npos ? "" : argument.substr(equals + 1);
  const auto number = [&] { return std::strtoull(value.c_str(), nullptr, 10); };
  Settings& settings = options->settings;
  if (name == "--trace") return settings.trace = true;
  if (name == "--all") return options->all = true;
  if (value.empty() && name != "--with") return false;
  if (name == "--seeds") return options->seeds = number(), true;
  if (name == "--first") return options->first = number(), true;
  if (name == "--seed") return options->first = number(), options->one = true;
  if (name == "--events") return settings.events = static_cast<int>(number()), true;
  if (name == "--steps") return settings.steps = static_cast<int>(number()), true;
  if (name == "--kpis") {
    for (const std::string& kpi : Split(value)) settings.kpis.insert(kpi);
    return true;
  }
  std::set<Fault> faults;
  for (const std::string& fault : Split(value)) {
    const auto known = FaultOf(fault);
    if (!known) return false;
    faults.insert(*known);
  }
  for (size_t f = 0; f < kFaults; ++f) {
    if (faults.contains(static_cast<Fault>(f)) == (name == "--without")) settings.without.insert(static_cast<Fault>(f));
  }
  return name == "--without" || name == "--with";
}

// Where a check of the engine's own ends the process.
char g_last_words[64];
void SayLastWords(int) {
  const bool said = write(STDERR_FILENO, g_last_words, std::strlen(g_last_words)) > 0;
  _exit(said ? EXIT_FAILURE : kUsage);
}

// Interrupted, it ends after the seed it is at, and says how far it got.
volatile std::sig_atomic_t g_interrupted = 0;
void Interrupt(int) { g_interrupted = 1; }

void ShrinkAndSay(const Settings& failing, const Outcome& outcome) {
  std::cout << "seed " << failing.seed << " FAILED: " << outcome.failure << "\nmaking it small:" << std::endl;
  const Settings small = Shrink(failing, outcome, &SimulateAside, [](const std::string& what) { std::cout << "  " << what << std::endl; });
  std::cout << "it still fails: " << SimulateAside(small).failure << "\nrepeat with: " << CommandFor(small) << std::endl;
}

int RunOne(const Options& options) {
  Settings settings = options.settings;
  settings.seed = options.first;
  Outcome outcome = settings.trace ? Simulate(settings) : SimulateAside(settings);
  if (outcome.failure.empty()) {
    outcome = Simulate({settings.seed, settings.without, settings.events, settings.steps, settings.kpis, false, {}});
    std::cout << "seed " << settings.seed << ": ok, " << outcome.commits << " commits, trace hash " << std::hex << outcome.hash
              << std::endl;
    return EXIT_SUCCESS;
  }
  if (settings.trace) return EXIT_FAILURE;
  outcome.events = outcome.steps = 200;
  ShrinkAndSay(settings, outcome);
  return EXIT_FAILURE;
}

int RunMany(const Options& options) {
  std::signal(SIGABRT, &SayLastWords);
  std::signal(SIGINT, &Interrupt);
  std::signal(SIGTERM, &Interrupt);
  const std::clock_t begin = std::clock();
  ProgressLine progress;
  FaultCounts faults{};
  int64_t done = 0, failures = 0, commits = 0, values = 0, restarts = 0;
  uint64_t hash = 0;
  for (uint64_t seed = options.first; seed < options.first + options.seeds && g_interrupted == 0; ++seed, ++done) {
    if (done % 16 == 0) progress.Show("seed " + std::to_string(seed) + ", " + std::to_string(commits) + " commits");
    std::snprintf(g_last_words, sizeof(g_last_words), "repeat with: simulate --seed=%llu\n", static_cast<unsigned long long>(seed));
    Settings settings = options.settings;
    settings.seed = seed;
    const Outcome outcome = Simulate(settings);
    hash = Hash64({reinterpret_cast<const char*>(&outcome.hash), sizeof(outcome.hash)}, hash);
    commits += outcome.commits;
    values += outcome.values;
    restarts += outcome.restarts;
    for (size_t f = 0; f < kFaults; ++f) faults[f] += outcome.faults[f];
    if (outcome.failure.empty()) continue;
    ++failures;
    progress.Clear();
    if (options.all) {
      std::cout << "seed " << seed << " FAILED: " << outcome.failure << std::endl;
      continue;
    }
    ShrinkAndSay(settings, outcome);
    break;
  }
  progress.Clear();
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;  // of one core
  std::cout << "faults:";
  bool missed = false;
  for (size_t f = 0; f < kFaults; ++f) {
    const bool wanted = !options.settings.without.contains(static_cast<Fault>(f));
    std::cout << " " << NameOf(static_cast<Fault>(f)) << " " << faults[f];
    if (faults[f] > 0 || !wanted || done < kEveryFaultWithin) continue;
    std::cout << " (NEVER)";
    missed = true;
  }
  const auto rate = static_cast<int64_t>(static_cast<double>(done) * 3600 / seconds);
  std::cout << "\n" << done << " seeds, " << failures << " failed, " << commits << " commits compared (" << values << " values), "
            << restarts << " starts, " << rate << " seeds/hour of one core, trace hash " << std::hex << hash << std::endl;
  return failures > 0 || missed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int Main(int argc, char** argv) {
  Options options;
  for (int a = 1; a < argc; ++a) {
    if (Parse(argv[a], &options)) continue;
    std::cerr << argv[a] << ": not understood\nfaults:";
    for (size_t f = 0; f < kFaults; ++f) std::cerr << " " << NameOf(static_cast<Fault>(f));
    std::cerr << "\n";
    return kUsage;
  }
  return options.one ? RunOne(options) : RunMany(options);
}

}  // namespace
}  // namespace tidemark::simulation

int main(int argc, char** argv) { return tidemark::simulation::Main(argc, argv); }
