// A configuration whose files change under a running daemon.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "daemon/clock.h"
#include "daemon/commands.h"
#include "daemon/config_watch.h"

namespace tidemark {
namespace {

constexpr Duration kEvery = std::chrono::milliseconds(10);

// Files as Kubernetes mounts them: c.yaml -> ..data/c.yaml, and ..data -> a directory that another takes the place of.
class ConfigWatchTest : public testing::Test {
 protected:
  ConfigWatchTest() : dir_(testing::TempDir() + "daemon_config_watch." + std::to_string(getpid())) {
    std::filesystem::create_directories(dir_);
    Mount({{"c.yaml", Config("lead.created")}, {"secret", "one"}});
    for (const char* name : {"c.yaml", "secret", "reps.csv"}) {
      std::filesystem::create_symlink(std::string("..data/") + name, dir_ + "/" + name);
    }
    Load();
  }
  ~ConfigWatchTest() override { std::filesystem::remove_all(dir_); }

  static std::string Config(const std::string& type, const std::string& more = "") {
    return "kafka: {brokers: \"127.0.0.1:1\", properties: {sasl.password_file: " + Dir() + "/secret}}\ntopics: [crm]\n" + more +
           "kpis: [{name: a, on: " + type + ", count: true, windows: [24h]}]\n";
  }
  static std::string Dir() { return testing::TempDir() + "daemon_config_watch." + std::to_string(getpid()); }

  // All of it at once.
  void Mount(const std::vector<std::pair<std::string, std::string>>& files) {
    const std::string name = "..version" + std::to_string(++versions_);
    std::filesystem::create_directory(dir_ + "/" + name);
    for (const auto& [file, text] : files) std::ofstream(dir_ + "/" + name + "/" + file) << text;
    std::filesystem::create_symlink(name, dir_ + "/..next");
    std::filesystem::rename(dir_ + "/..next", dir_ + "/..data");
  }
  void Load() {
    Specs specs;
    const bool good = LoadPlan(dir_ + "/c.yaml", &specs) != nullptr;
    const std::lock_guard lock(mu_);
    attempt_ = AttemptOf(specs, !good);
    outcomes_ += good ? "good " : "bad ";
  }
  std::string outcomes() {
    const std::lock_guard lock(mu_);
    return outcomes_;
  }
  // As soon as there are so many, and then a while longer: none may follow.
  std::string Await(size_t length) {
    for (const Duration until = SteadyNow() + std::chrono::seconds(10); outcomes().size() < length && SteadyNow() < until;) {
      std::this_thread::sleep_for(kEvery);
    }
    std::this_thread::sleep_for(10 * kEvery);
    return outcomes();
  }
  void Follow() {
    watch_.emplace([this] { const std::lock_guard lock(mu_); return attempt_; }, [this] { Load(); }, kEvery);
  }

  const std::string dir_;
  int versions_ = 0;
  std::mutex mu_;
  LoadAttempt attempt_;    // GUARDED_BY(mu_)
  std::string outcomes_;   // GUARDED_BY(mu_)
  std::optional<ConfigWatch> watch_;
};

TEST_F(ConfigWatchTest, OtherContentIsLoadedOnce) {
  Follow();
  Mount({{"c.yaml", Config("deal.won")}, {"secret", "one"}});
  EXPECT_EQ(Await(10), "good good ");
}

TEST_F(ConfigWatchTest, TheSameContentInOtherFilesIsNoChange) {
  Follow();
  Mount({{"c.yaml", Config("lead.created")}, {"secret", "one"}});
  EXPECT_EQ(Await(5), "good ");
}

TEST_F(ConfigWatchTest, ASecretIsPartOfIt) {
  Follow();
  Mount({{"c.yaml", Config("lead.created")}, {"secret", "two"}});
  EXPECT_EQ(Await(10), "good good ");
}

TEST_F(ConfigWatchTest, BadContentIsTriedOnce) {
  Follow();
  Mount({{"c.yaml", Config("lead.crated")}, {"secret", "one"}});
  EXPECT_EQ(Await(9), "good bad ");
  Mount({{"c.yaml", Config("lead.created")}, {"secret", "one"}});
  EXPECT_EQ(Await(14), "good bad good ");
}

TEST_F(ConfigWatchTest, WhatWasMissingIsWaitedFor) {
  Follow();
  const std::string config = Config("lead.created", "tables: {reps: {file: reps.csv, key: id}}\n");
  Mount({{"c.yaml", config}});
  EXPECT_EQ(Await(9), "good bad ") << "a Secret is mounted later than a ConfigMap";
  Mount({{"c.yaml", config}, {"secret", "one"}});
  EXPECT_EQ(Await(13), "good bad bad ");
  Mount({{"c.yaml", config}, {"secret", "one"}, {"reps.csv", "id\n1\n"}});
  EXPECT_EQ(Await(18), "good bad bad good ");
  Mount({{"c.yaml", config}, {"secret", "one"}, {"reps.csv", "id\n2\n"}});
  EXPECT_EQ(Await(18), "good bad bad good ") << "a table in use is followed by others";
}

TEST_F(ConfigWatchTest, WhatIsStillBeingWrittenIsLeftAlone) {
  watch_.emplace([this] { const std::lock_guard lock(mu_); return attempt_; }, [this] { Load(); }, std::chrono::seconds(1));
  std::filesystem::remove(dir_ + "/c.yaml");
  const std::string text = Config("deal.won");
  // One that writes in place takes three seconds; each look sees more of it.
  std::ofstream file(dir_ + "/c.yaml");
  for (const char c : text) {
    file << c << std::flush;
    std::this_thread::sleep_for(std::chrono::milliseconds(3000 / text.size()));
  }
  EXPECT_EQ(outcomes(), "good ");
  EXPECT_EQ(Await(10), "good good ");
}

}  // namespace
}  // namespace tidemark
