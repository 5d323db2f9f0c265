#include "tests/unit/layers_rules.h"

#include <algorithm>
#include <iterator>
#include <regex>
#include <set>

namespace tidemark::layers {
namespace {

constexpr size_t kMaxLines = 400;

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back().push_back(c);
    }
  }
  return lines;
}

// Lines of C++ with comments blanked; `strings` says whether the insides of literals stay.
std::vector<std::string> Code(std::string_view text, bool strings) {
  static const std::regex kSkipped(
      R"rx(//[^\n]*|/\*[^]*?\*/|R"(\w*)\([^]*?\)\1"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])')rx");
  std::string code;
  auto rest = text.begin();
  using Iterator = std::regex_iterator<std::string_view::const_iterator>;
  for (Iterator it(text.begin(), text.end(), kSkipped); it != Iterator(); ++it) {
    const auto& match = (*it)[0];
    code.append(rest, match.first);
    rest = match.second;
    if (strings && *match.first != '/') {
      code.append(match.first, match.second);
    } else {
      code.append(*match.first == '/' ? " " : "\"\"");
      code.append(static_cast<size_t>(std::count(match.first, match.second, '\n')), '\n');
    }
  }
  code.append(rest, text.end());
  return Lines(code);
}

bool IsCpp(std::string_view path) { return path.ends_with(".h") || path.ends_with(".cc"); }

// "pipeline/time" for files of the pipeline, "daemon/generate" for the daemon's pure room, the top directory otherwise.
std::string RoomOf(std::string_view path) {
  size_t slash = path.find('/');
  if (path.starts_with("pipeline/") || path.starts_with("daemon/generate/")) slash = path.find('/', slash + 1);
  return std::string(path.substr(0, slash));
}

// Rooms may include rooms of a lower or the same level, but adapters not each other.
int LevelOf(const std::string& room) {
  static const std::pair<const char*, int> kLevels[] = {
      {"proto", 0},
      {"pipeline/base", 1},
      {"pipeline/event", 2},
      {"pipeline/time", 2},
      {"pipeline/mapping", 3},
      {"pipeline/plan", 4},
      {"pipeline/aggregate", 5},
      {"pipeline/window", 5},
      {"pipeline/entity", 5},
      {"pipeline/alert", 5},
      {"pipeline/view", 5},
      {"pipeline/store", 5},
      {"pipeline/engine", 6},
      {"pipeline/explain", 7},
      {"pipeline/kafka", 7},
      {"pipeline/rocksdb", 7},
      {"config", 8},
      {"daemon", 9},
      {"daemon/generate", 9},
      {"tests", 10},
  };
  for (const auto& [name, level] : kLevels) {
    if (room == name) return level;
  }
  return -1;
}

bool IsAdapter(const std::string& room) { return room == "pipeline/kafka" || room == "pipeline/rocksdb"; }
bool IsPure(const std::string& room) {
  return room == "daemon/generate" || (room.starts_with("pipeline/") && room != "pipeline/engine" && !IsAdapter(room));
}

// Empty, or why a file of `from` must not include `included`.
std::string BadInclude(std::string_view path, const std::string& from, const std::string& included) {
  if (included.starts_with("tidemark/events/v1/") || included.starts_with("proto/tidemark/events/v1/")) {
    const bool options = from == "pipeline/event" && included.ends_with("/options.pb.h");  // not of events
    const bool allowed = !from.starts_with("pipeline/") || path == "pipeline/event/canonical.cc" || options;
    return allowed ? "" : "generated event classes stop at pipeline/event/canonical.cc; use descriptors and slots";
  }
  // Ports, below their rooms in all but their place: they know only base and each other.
  if ((included == "pipeline/engine/source.h" || included == "pipeline/view/view.h") && LevelOf(from) > 2) return "";
  const std::string to = RoomOf(included);
  const int level = LevelOf(to);
  if (level < 0 || to == from) return "";
  if (IsAdapter(to) && (IsAdapter(from) || from == "config")) {
    return from + " must not know " + to + "; go through the ports in pipeline/store and pipeline/engine/source.h";
  }
  if (level <= LevelOf(from)) return "";
  return to + " lies above " + from + "; turn the dependency round, or pass what is needed as an argument";
}

struct Library {
  const char* prefix;  // of the included file
  const char* home;    // the room that may include it, besides tests
  const char* instead;
};

constexpr Library kLibraries[] = {
    {"yaml-cpp/", "config", "use the specs of pipeline/plan/spec.h, or config/yaml.h"},
    {"librdkafka/", "pipeline/kafka", "use the port pipeline/engine/source.h"},
    {"rocksdb/", "pipeline/rocksdb", "use the port pipeline/store/store.h"},
    {"prometheus/", "daemon", "count in the room, and let daemon/ expose it"},
    {"microhttpd.h", "daemon", "HTTP is served by daemon/ only"},
    {"openssl/", "pipeline/base", "use pipeline/base/pseudonyms.h"},
    {"CLI/", "daemon", "flags are parsed by daemon/ only"},
    {"spdlog/", "daemon", "return a Status; daemon/ logs it"},
    {"fmt/", "daemon", "return a Status; daemon/ logs it"},
};

// The demo is a producer and an embedded broker, outside the daemon's own way.
bool MayUse(const Library& library, std::string_view path, const std::string& room) {
  if (room == library.home || room == "tests") return true;
  return std::string_view(library.prefix) == "librdkafka/" && path.starts_with("daemon/demo/");
}

// Headers of the world outside, which a pure room has no use for.
bool IsOutsideHeader(const std::string& included) {
  static const std::set<std::string> kOutside = {"thread", "fstream", "iostream",  "filesystem", "stdio.h",
                                                 "ctime",  "time.h",  "future",    "unistd.h",   "fcntl.h",
                                                 "poll.h", "netdb.h", "pthread.h", "stop_token", "condition_variable"};
  return kOutside.contains(included) || included.starts_with("sys/") || included.starts_with("netinet/");
}

struct Pattern {
  std::regex pattern;
  bool (*applies)(const std::string& room);
  const char* what;
};

bool Everywhere(const std::string&) { return true; }
bool BelowDaemon(const std::string& room) { return IsPure(room) || room == "pipeline/engine" || room == "config"; }

const std::vector<Pattern>& Patterns() {
  static const std::vector<Pattern> kPatterns = {
      {std::regex(
           R"(\b(system_clock|high_resolution_clock)\b|\bgettimeofday\b|\bclock_gettime\b|\btime\((nullptr|NULL|0)\))"),
       BelowDaemon, "reads the wall clock: take `WallTime now` or an EventTime as an argument"},
      {std::regex(R"(\bsteady_clock\b)"), IsPure, "reads a clock: take the time as an argument"},
      {std::regex(R"(\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\()"), BelowDaemon,
       "sleeps: return to the caller, who waits on the source"},
      {std::regex(R"(\b(fopen|fwrite|fread|printf|puts|getenv)\s*\()"), IsPure,
       "does input or output: return a value, and let daemon/ or an adapter do it"},
      {std::regex(R"((^|[^\w(<*])new\s+[A-Za-z_:])"), Everywhere,
       "naked new: use make_unique, or a smart pointer around the new"},
      {std::regex(R"((^|[^=\s]\s+|^\s*)delete\s+[A-Za-z_*(:])"), Everywhere, "naked delete: let an owner do it"},
  };
  return kPatterns;
}

class Checker {
 public:
  Checker(std::string_view path, std::string_view content) : path_(path), room_(RoomOf(path)), content_(content) {}

  std::vector<std::string> Run() {
    CheckText();
    if (IsCpp(path_)) {
      CheckIncludes();
      CheckCode();
    }
    return std::move(found_);
  }

 private:
  void Add(size_t line, const std::string& what) { found_.push_back(path_ + ":" + std::to_string(line) + ": " + what); }

  void CheckText() {
    // Split, so that this file passes its own rule.
    static const std::regex kUnfinished(
        "\\b(TO"
        "DO|FIX"
        "ME|X"
        "XX)\\b");
    const std::vector<std::string> text = Lines(content_);
    for (size_t i = 0; i < text.size(); ++i) {
      if (std::regex_search(text[i], kUnfinished)) Add(i + 1, "unfinished: do it, or file an issue");
    }
    const auto lines = static_cast<size_t>(std::count(content_.begin(), content_.end(), '\n'));
    if (lines > kMaxLines) Add(lines, "more than 400 lines: split it by what a reader looks for");
  }

  void CheckIncludes() {
    static const std::regex kInclude(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
    const std::vector<std::string> lines = Code(content_, /*strings=*/true);
    bool once = false;
    for (size_t i = 0; i < lines.size(); ++i) {
      once = once || lines[i].starts_with("#pragma once");
      std::smatch match;
      if (!std::regex_search(lines[i], match, kInclude)) continue;
      CheckInclude(i + 1, match[1]);
    }
    if (path_.ends_with(".h") && !once) Add(1, "a header without #pragma once: add it");
  }

  void CheckInclude(size_t line, const std::string& included) {
    if (const std::string why = BadInclude(path_, room_, included); !why.empty()) {
      Add(line, "includes " + included + ": " + why);
    }
    for (const Library& library : kLibraries) {
      if (included.starts_with(library.prefix) && !MayUse(library, path_, room_)) {
        Add(line, "includes " + included + ", which belongs to " + library.home + " only: " + library.instead);
      }
    }
    if (IsPure(room_) && IsOutsideHeader(included)) {
      Add(line, "a pure room includes <" + included + ">: take what it gives as an argument");
    }
  }

  void CheckCode() {
    const std::vector<std::string> lines = Code(content_, /*strings=*/false);
    const std::vector<std::string> raw = Lines(content_);
    for (size_t i = 0; i < lines.size(); ++i) {
      if (raw[i].find("NOLINT: ") != std::string::npos || raw[i].find("never destroyed") != std::string::npos) continue;
      for (const Pattern& pattern : Patterns()) {
        if (pattern.applies(room_) && std::regex_search(lines[i], pattern.pattern)) Add(i + 1, pattern.what);
      }
    }
  }

  const std::string path_;
  const std::string room_;
  const std::string_view content_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> CheckFile(std::string_view path, std::string_view content) {
  return Checker(path, content).Run();
}

std::vector<std::string> CheckTopLevel(std::vector<std::string> names) {
  static const std::set<std::string> kExpected = {
      ".ci",    ".clang-format", ".clang-tidy", ".gitignore", "README.md", "CMakeLists.txt", "CMakePresets.json",
      "config", "daemon",        "deploy",      "pipeline",   "proto",     "tests"};
  static const std::set<std::string> kUnversioned = {".git", "build", "out"};
  const std::set<std::string> present(names.begin(), names.end());
  std::vector<std::string> found;
  for (const std::string& name : present) {
    if (!kExpected.contains(name) && !kUnversioned.contains(name)) {
      found.push_back(name + ": not a room of the tree: move it into one");
    }
  }
  for (const std::string& name : kExpected) {
    if (!present.contains(name)) found.push_back(name + ": missing at the top level: add it");
  }
  return found;
}

}  // namespace tidemark::layers
