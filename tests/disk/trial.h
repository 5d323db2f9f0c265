// One run of a workload over a faulty disk: several lives of a process, with a fault in one of them, and what must be true then.
#pragma once

#include <rocksdb/env.h>

#include <functional>
#include <memory>
#include <string>

#include "pipeline/rocksdb/rocks_store.h"
#include "tests/disk/fault_fs.h"
#include "tests/unit/rocksdb_dir.h"

namespace tidemark {

// Required of every run, whatever the fault: a status says that something is wrong and names the file; what is shown is what was
// committed up to some commit, each acknowledged one in it; once the disk is well the state opens and goes on, or is kCorrupt and stays so.
// Excused: damage that lies on the disk (a flipped bit) may make it kCorrupt; in a log, the last commit may be missing, because nothing
// tells it from one that was not finished. A sync that lied may cost commits, but only whole ones, or make it kCorrupt.
class Trial {
 public:
  // `power`: the power is cut when the fault has struck and its process is gone, and at the end.
  Trial(const FaultPoint& point, bool power, unsigned seed);
  virtual ~Trial() = default;
  // Adds a test failure for what is not as it must be.
  void Run();

  bool struck() const { return fs_->struck(); }
  bool refused() const { return refused_; }  // something failed, and said so
  bool corrupt() const { return corrupt_; }  // found damaged for good
  FaultFs::Counts counts() const { return fs_->counts(); }

 protected:
  // A process from its start to its end, up to a commit of this number.
  virtual void Live(int until) = 0;
  // Everything is as it must be after the last life.
  virtual void Finish() = 0;
  virtual int last() const = 0;

  std::unique_ptr<RocksStore> Open();
  // The status of something that failed.
  void Failed(const Status& status);
  // A state was found at this commit.
  void Found(int commit);
  std::string path() const { return dir_.path() + "/state"; }

  int acknowledged_ = 0, attempted_ = 0;
  const FaultPoint point_;

 private:
  void After();

  const bool power_;
  TempDir dir_;
  std::shared_ptr<FaultFs> fs_;
  std::unique_ptr<rocksdb::Env> env_;
  bool refused_ = false, corrupt_ = false, over_ = false, healed_ = false;
};

std::string TextOf(const FaultPoint& point, bool power);

// How a command line asks for more or other trials.
struct TrialOptions {
  double seconds = 19;  // for the trials of each test
  unsigned seed = 0;    // 0: any
};
extern TrialOptions trial_options;

// Counts the calls of a run without a fault, then lets them fail one by one: each kind of call with each of its faults at least
// once, then all others, as far as the time goes; prints what was done.
void RunTrials(const std::function<std::unique_ptr<Trial>(const FaultPoint& point, bool power, unsigned seed)>& make);

}  // namespace tidemark
