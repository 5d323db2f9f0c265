// Holds the layers of the tree: first that each rule finds what it is for, then that the tree breaks none.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/unit/layers_rules.h"

namespace tidemark::layers {
namespace {

std::string Join(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

struct Planted {
  const char* name;
  const char* path;
  std::string content;
  const char* expected;  // part of the one finding; "" for none
};

void PrintTo(const Planted& row, std::ostream* out) { *out << row.name; }

const Planted kPlanted[] = {
    {"base includes nothing above it", "pipeline/base/a.cc", "#include \"pipeline/event/schema.h\"\n", "lies above"},
    {"event may include base", "pipeline/event/a.cc", "#include \"pipeline/base/time.h\"\n", ""},
    {"plan may include time", "pipeline/plan/a.cc", "#include \"pipeline/time/t.h\"\n", ""},
    {"time doesn't include plan", "pipeline/time/a.cc", "#include \"pipeline/plan/plan.h\"\n", "lies above"},
    {"store doesn't include the engine", "pipeline/store/a.cc", "#include \"pipeline/engine/engine.h\"\n",
     "lies above"},
    {"view may include the source port", "pipeline/view/a.h", "#pragma once\n#include \"pipeline/engine/source.h\"\n",
     ""},
    {"plan may include the view port", "pipeline/plan/a.h", "#pragma once\n#include \"pipeline/view/view.h\"\n", ""},
    {"plan doesn't include the rest of view", "pipeline/plan/a.cc", "#include \"pipeline/view/snapshot.h\"\n",
     "lies above"},
    {"base may not include a port", "pipeline/base/a.cc", "#include \"pipeline/view/view.h\"\n", "lies above"},
    {"engine doesn't include kafka", "pipeline/engine/a.cc", "#include \"pipeline/kafka/k.h\"\n", "lies above"},
    {"engine doesn't include rocksdb", "pipeline/engine/a.cc", "#include \"pipeline/rocksdb/r.h\"\n", "lies above"},
    {"adapters don't know each other", "pipeline/kafka/a.cc", "#include \"pipeline/rocksdb/r.h\"\n", "the ports"},
    {"pipeline doesn't include config", "pipeline/plan/a.cc", "#include \"config/yaml.h\"\n", "lies above"},
    {"pipeline doesn't include daemon", "pipeline/kafka/a.cc", "#include \"daemon/log.h\"\n", "lies above"},
    {"config doesn't include daemon", "config/a.cc", "#include \"daemon/log.h\"\n", "lies above"},
    {"config doesn't include an adapter", "config/a.cc", "#include \"pipeline/kafka/k.h\"\n", "the ports"},
    {"daemon may include all below", "daemon/a.cc", "#include \"pipeline/kafka/k.h\"\n#include \"config/yaml.h\"\n",
     ""},
    {"daemon doesn't include tests", "daemon/a.cc", "#include \"tests/fakes/f.h\"\n", "lies above"},
    {"yaml-cpp in the daemon", "daemon/a.cc", "#include <yaml-cpp/yaml.h>\n", "belongs to config only"},
    {"yaml-cpp in config", "config/a.cc", "#include <yaml-cpp/yaml.h>\n", ""},
    {"librdkafka in the engine", "pipeline/engine/a.cc", "#include <librdkafka/rdkafka.h>\n", "pipeline/kafka only"},
    {"librdkafka in the daemon", "daemon/a.cc", "#include <librdkafka/rdkafka.h>\n", "pipeline/kafka only"},
    {"librdkafka in the demo", "daemon/demo/a.cc", "#include <librdkafka/rdkafka.h>\n", ""},
    {"librdkafka in a test", "tests/unit/a.cc", "#include <librdkafka/rdkafka.h>\n", ""},
    {"rocksdb in the store", "pipeline/store/a.cc", "#include <rocksdb/db.h>\n", "pipeline/rocksdb only"},
    {"rocksdb in its room", "pipeline/rocksdb/a.cc", "#include <rocksdb/db.h>\n", ""},
    {"prometheus-cpp in the engine", "pipeline/engine/a.cc", "#include <prometheus/counter.h>\n", "daemon only"},
    {"microhttpd in config", "config/a.cc", "#include <microhttpd.h>\n", "daemon only"},
    {"openssl in the engine", "pipeline/engine/a.cc", "#include <openssl/evp.h>\n", "pipeline/base only"},
    {"CLI11 in config", "config/a.cc", "#include <CLI/CLI.hpp>\n", "daemon only"},
    {"spdlog in kafka", "pipeline/kafka/a.cc", "  # include \"spdlog/spdlog.h\"\n", "daemon only"},
    {"a pure room with a thread", "pipeline/window/a.cc", "#include <thread>\n", "pure room"},
    {"a pure room with files", "pipeline/plan/a.cc", "#include <fstream>\n", "pure room"},
    {"a pure room with sockets", "pipeline/alert/a.cc", "#include <sys/socket.h>\n", "pure room"},
    {"a generator with files", "daemon/generate/a.cc", "#include <fstream>\n", "pure room"},
    {"the daemon with files", "daemon/a.cc", "#include <fstream>\n", ""},
    {"kafka may have threads", "pipeline/kafka/a.cc", "#include <thread>\n", ""},
    {"the wall clock in a pure room", "pipeline/time/a.cc", "auto t = std::chrono::system_clock::now();\n",
     "wall clock"},
    {"the wall clock in the engine", "pipeline/engine/a.cc", "auto t = std::chrono::system_clock::now();\n",
     "wall clock"},
    {"the steady clock in a pure room", "pipeline/alert/a.cc", "auto t = std::chrono::steady_clock::now();\n", "clock"},
    {"the steady clock in the engine", "pipeline/engine/a.cc", "auto t = std::chrono::steady_clock::now();\n", ""},
    {"the clock in the daemon", "daemon/a.cc", "auto t = std::chrono::system_clock::now();\n", ""},
    {"time(nullptr)", "pipeline/base/a.cc", "auto t = time(nullptr);\n", "wall clock"},
    {"sleeping in the engine", "pipeline/engine/a.cc", "std::this_thread::sleep_for(1s);\n", "sleeps"},
    {"a clock in a comment", "pipeline/time/a.cc", "// never system_clock::now(), new Clock or sleep()\n", ""},
    {"a clock in a string", "pipeline/time/a.cc", "auto s = \"a new clock: time(0)\";\n", ""},
    {"printing in a pure room", "pipeline/view/a.cc", "printf(text);\n", "input or output"},
    {"generated classes in the engine", "pipeline/engine/a.cc", "#include \"tidemark/events/v1/event.pb.h\"\n",
     "descriptors"},
    {"generated classes, full path", "pipeline/event/decoder.cc", "#include \"proto/tidemark/events/v1/event.pb.h\"\n",
     "descriptors"},
    {"generated options in the event room", "pipeline/event/field.cc", "#include \"tidemark/events/v1/options.pb.h\"\n",
     ""},
    {"generated options elsewhere", "pipeline/plan/a.cc", "#include \"tidemark/events/v1/options.pb.h\"\n",
     "descriptors"},
    {"generated classes in canonical.cc", "pipeline/event/canonical.cc", "#include \"tidemark/events/v1/event.pb.h\"\n",
     ""},
    {"generated classes in the demo", "daemon/demo/a.cc", "#include \"tidemark/events/v1/event.pb.h\"\n", ""},
    {"naked new", "daemon/a.cc", "auto* a = new Thing();\n", "naked new"},
    {"owned new", "daemon/a.cc", "std::unique_ptr<Thing> a(new Thing());\n", ""},
    {"a static that is never destroyed", "daemon/a.cc", "static const Thing& a = *new Thing();\n", ""},
    {"an exception with its reason", "daemon/a.cc", "return new Thing();  // never destroyed: threads may outlive it\n",
     ""},
    {"placement new", "daemon/a.cc", "auto* a = new (memory) Thing();\n", ""},
    {"naked delete", "daemon/a.cc", "  delete thing;\n", "naked delete"},
    {"deleted function", "daemon/a.cc", "Thing(const Thing&) = delete;\n", ""},
    {"unfinished", "deploy/a.sh", std::string("# TO") + "DO: later\n", "unfinished"},
    {"unfinished in code", "daemon/a.cc", std::string("// FIX") + "ME\n", "unfinished"},
    {"400 lines", "daemon/a.cc", std::string(400, '\n'), ""},
    {"401 lines", "daemon/a.cc", std::string(401, '\n'), "more than 400 lines"},
    {"a header without pragma once", "daemon/a.h", "int x();\n", "#pragma once"},
    {"a header with it", "daemon/a.h", "// What.\n#pragma once\n", ""},
};

class PlantedTest : public testing::TestWithParam<Planted> {};
INSTANTIATE_TEST_SUITE_P(Layers, PlantedTest, testing::ValuesIn(kPlanted));

TEST_P(PlantedTest, IsFoundOnceWithWhatToDoOrNotAtAll) {
  const Planted& row = GetParam();
  const std::vector<std::string> found = CheckFile(row.path, row.content);
  if (std::string(row.expected).empty()) {
    EXPECT_TRUE(found.empty()) << Join(found);
    return;
  }
  ASSERT_EQ(found.size(), 1u) << Join(found);
  EXPECT_NE(found[0].find(row.expected), std::string::npos) << found[0];
  EXPECT_TRUE(found[0].starts_with(std::string(row.path) + ":")) << found[0];
}

TEST(Layers, AFindingNamesItsLineAlsoAfterCommentsOverSeveralLines) {
  const auto found = CheckFile("daemon/a.cc", "/* one\n   two */\nauto s = R\"(x\ny)\";\nauto* a = new Thing;\n");
  ASSERT_EQ(found.size(), 1u) << Join(found);
  EXPECT_TRUE(found[0].starts_with("daemon/a.cc:5:")) << found[0];
}

TEST(Layers, TopLevelNeitherLacksNorGains) {
  std::vector<std::string> names = {
      ".ci",    ".clang-format", ".clang-tidy", ".gitignore", "README.md", "CMakeLists.txt", "CMakePresets.json",
      "config", "daemon",        "deploy",      "pipeline",   "proto",     "tests",          ".git",
      "build"};
  EXPECT_EQ(Join(CheckTopLevel(names)), "");
  names.push_back("scripts");
  EXPECT_NE(Join(CheckTopLevel(names)).find("scripts: not a room"), std::string::npos);
  names.erase(names.begin());
  EXPECT_NE(Join(CheckTopLevel(names)).find(".ci: missing"), std::string::npos);
}

const std::filesystem::path kRoot = TIDEMARK_SOURCE_DIR;

TEST(Layers, TheTopLevelIsAsAgreed) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kRoot)) names.push_back(entry.path().filename());
  const auto found = CheckTopLevel(names);
  EXPECT_TRUE(found.empty()) << Join(found);
}

TEST(Layers, TheTreeBreaksNoRule) {
  std::vector<std::string> found;
  size_t files = 0;
  for (const char* room : {"proto", "pipeline", "config", "daemon", "deploy", "tests"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(kRoot / room)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cc" && extension != ".py" && extension != ".sh" &&
          extension != ".proto") {
        continue;
      }
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string content(std::istreambuf_iterator<char>(in), {});
      for (std::string& finding : CheckFile(std::filesystem::relative(entry.path(), kRoot).string(), content)) {
        found.push_back(std::move(finding));
      }
      ++files;
    }
  }
  EXPECT_GT(files, 50u);
  EXPECT_TRUE(found.empty()) << Join(found);
}

}  // namespace
}  // namespace tidemark::layers
