#include "tests/disk/trial.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

namespace tidemark {

TrialOptions trial_options;

std::string TextOf(const FaultPoint& point, bool power) {
  if (point.fault == Fault::kNone) return "no fault";
  return std::string(NameOf(point.fault)) + " at " + NameOf(point.op) + " number " + std::to_string(point.n) + " of " + NameOf(point.kind) +
         (power ? ", then the power is cut" : "");
}

Trial::Trial(const FaultPoint& point, bool power, unsigned seed) : point_(point), power_(power) {
  std::filesystem::create_directory(dir_.path() + "/aside");
  fs_ = std::make_shared<FaultFs>(path(), dir_.path() + "/aside", seed);
  env_ = rocksdb::NewCompositeEnv(fs_);
}

std::unique_ptr<RocksStore> Trial::Open() {
  RocksOptions options;
  options.memory_bytes = 4 << 20;
  options.min_free_disk_bytes = 0;
  options.env = env_.get();
  auto store = RocksStore::Open(path(), options);
  if (store.ok()) return std::move(store).value();
  Failed(store.status());
  if (over_) {
    EXPECT_EQ(RocksStore::Open(path(), options).status().code(), Code::kCorrupt) << "it was refused once, and then no more";
  }
  return nullptr;
}

void Trial::Failed(const Status& status) {
  refused_ = true;
  EXPECT_TRUE(fs_->struck()) << "failed without a fault: " << status.text();
  EXPECT_TRUE(status.code() != Code::kInternal && status.code() != Code::kLocked) << status.text();
  EXPECT_NE(status.text().find(path()), std::string::npos) << "names no file: " << status.text();
  const bool lies_there = point_.fault == Fault::kFlip || point_.fault == Fault::kLie;
  EXPECT_TRUE(!healed_ || lies_there) << "the disk is well again: " << status.text();
  if (healed_) {
    EXPECT_EQ(status.code(), Code::kCorrupt) << status.text();
    over_ = corrupt_ = true;
  }
}

void Trial::Found(int commit) {
  int least = acknowledged_;
  if (fs_->struck() && point_.fault == Fault::kFlip && point_.kind == FileKind::kLog) --least;
  if (fs_->struck() && point_.fault == Fault::kLie) least = 0;
  EXPECT_GE(commit, least) << "an acknowledged commit is lost";
  EXPECT_LE(commit, attempted_) << "shows what was never committed";
  acknowledged_ = attempted_ = commit;
}

void Trial::After() {
  if (!fs_->struck() || healed_) return;
  if (power_) fs_->LosePower();
  fs_->Heal();
  healed_ = true;
}

void Trial::Run() {
  SCOPED_TRACE(TextOf(point_, power_));
  fs_->Arm(point_);
  for (const int until : {last() / 2, last() - 1}) {
    Live(until);
    if (over_) return;
    After();
  }
  healed_ = true;
  fs_->Heal();
  if (power_) fs_->LosePower();
  Live(last());
  if (!over_) Finish();
}

namespace {

struct Case {
  FaultPoint point;
  bool power = false;
};

bool HasPower(Fault fault, bool power) {
  return fault == Fault::kLie ? power : fault != Fault::kFlip && fault != Fault::kShort ? true : !power;
}

// One of each kind first (so many are they), then all others; each part shuffled.
std::vector<Case> CasesOf(const FaultFs::Counts& counts, std::mt19937* random, size_t* kinds) {
  std::vector<Case> first, rest;
  for (const auto& [call, count] : counts) {
    for (const Fault fault : FaultsOf(call.second)) {
      const int chosen = 1 + static_cast<int>((*random)() % static_cast<unsigned>(count));
      for (const bool power : {false, true}) {
        if (!HasPower(fault, power)) continue;
        for (int n = 1; n <= count; ++n) (n == chosen ? first : rest).push_back({{call.first, call.second, n, fault}, power});
      }
    }
  }
  *kinds = first.size();
  std::shuffle(first.begin(), first.end(), *random);
  std::shuffle(rest.begin(), rest.end(), *random);
  first.insert(first.end(), rest.begin(), rest.end());
  return first;
}

struct Tally {
  int tried = 0, struck = 0, refused = 0, corrupt = 0;
};

void Print(const std::map<std::tuple<FileKind, FileOp, Fault>, Tally>& tallies) {
  Tally all;
  std::printf("%-16s%-16s%-10s%8s%8s%8s%8s\n", "file", "call", "fault", "trials", "struck", "refused", "corrupt");
  for (const auto& [key, t] : tallies) {
    std::printf("%-16s%-16s%-10s%8d%8d%8d%8d\n", NameOf(std::get<0>(key)), NameOf(std::get<1>(key)), NameOf(std::get<2>(key)), t.tried,
                t.struck, t.refused, t.corrupt);
    all = {all.tried + t.tried, all.struck + t.struck, all.refused + t.refused, all.corrupt + t.corrupt};
  }
  std::printf("%-42s%8d%8d%8d%8d\n", "all", all.tried, all.struck, all.refused, all.corrupt);
}

}  // namespace

void RunTrials(const std::function<std::unique_ptr<Trial>(const FaultPoint& point, bool power, unsigned seed)>& make) {
  const unsigned seed = trial_options.seed != 0 ? trial_options.seed : std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto sound = make({}, false, seed);
  sound->Run();
  if (testing::Test::HasFailure()) return;
  size_t kinds = 0;
  const std::vector<Case> cases = CasesOf(sound->counts(), &random, &kinds);
  const auto begin = std::chrono::steady_clock::now();
  std::map<std::tuple<FileKind, FileOp, Fault>, Tally> tallies;
  int done = 0;
  for (const Case& next : cases) {
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - begin;
    if (since.count() > trial_options.seconds) break;
    const auto trial = make(next.point, next.power, static_cast<unsigned>(random()));
    trial->Run();
    Tally& tally = tallies[{next.point.kind, next.point.op, next.point.fault}];
    ++tally.tried;
    tally.struck += trial->struck();
    tally.refused += trial->refused();
    tally.corrupt += trial->corrupt();
    ++done;
    if (testing::Test::HasFailure()) break;
  }
  Print(tallies);
  std::printf("%d of %zu trials, the first %zu each of another kind, seed %u\n", done, cases.size(), kinds, seed);
}

}  // namespace tidemark
