// Events in the order of their times, more of them than fit into memory: sorted runs in files, merged.
#pragma once

#include <cstdint>
#include <fstream>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/status.h"
#include "pipeline/base/time.h"

namespace tidemark {

// First Add() everything, then Seal(), then Next() until there is none.
// Invariant: events of one time come in the order in which they were added. Threads: one.
class SortedEvents {
 public:
  // Runs go into `directory`, which is made when there is a first one, and removed with all that is in it by the destructor.
  SortedEvents(std::string directory, uint64_t memory_bytes) : directory_(std::move(directory)), memory_bytes_(memory_bytes) {}
  ~SortedEvents();
  SortedEvents(const SortedEvents&) = delete;
  SortedEvents& operator=(const SortedEvents&) = delete;

  Status Add(EventTime time, std::string_view event);
  Status Seal();
  // False when there is no more.
  Result<bool> Next(std::string* event);

 private:
  struct Entry {
    EventTime time;
    std::string bytes;
  };
  struct Run {
    std::ifstream file;
    Entry next;
  };
  struct Head {
    EventTime time;
    size_t run;
    bool operator>(const Head& other) const { return time != other.time ? time > other.time : run > other.run; }
  };

  void Sort();
  Status Spill();
  // Reads the run's next event and puts it among the heads, if there is one.
  Status Advance(size_t run);
  std::string PathOf(size_t run) const { return directory_ + "/" + std::to_string(run); }

  const std::string directory_;
  const uint64_t memory_bytes_;
  std::vector<Entry> entries_;        // not in a run yet; after Seal() without runs: all
  uint64_t bytes_ = 0;                // of them
  size_t taken_ = 0;                  // without runs: of entries_
  std::vector<Run> runs_;
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads_;
};

}  // namespace tidemark
