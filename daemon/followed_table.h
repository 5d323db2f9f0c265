// A table whose contents follow where they come from: a file, or a compacted topic.
#pragma once

#include <memory>
#include <string>

#include "config/table_rows.h"
#include "daemon/own_metrics.h"
#include "pipeline/kafka/topic_reader.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

// Threads: one. Lifetime: what it is made from outlives it.
class FollowedTable {
 public:
  virtual ~FollowedTable() = default;
  // Looks for what is new. True when contents() are others than before.
  virtual bool Look(WallTime now) = 0;
  // Null until they are known whole for the first time.
  virtual std::shared_ptr<const LookupTable> contents() const = 0;
  // As of the last look.
  const TableState& state() const { return state_; }

 protected:
  TableState state_;
};

// Reads the file when it has changed since it was read, and has stood still since the last look: whoever writes it in place
// has likely finished.
class TableFile final : public FollowedTable {
 public:
  // The configuration's contents were read at `now`.
  TableFile(const TableSpec& spec, const LookupPlan& layout, WallTime now);
  bool Look(WallTime now) override;
  std::shared_ptr<const LookupTable> contents() const override { return contents_; }

 private:
  bool Reload(WallTime now);

  const TableSpec& spec_;
  const LookupPlan& layout_;
  std::string read_;  // stamp of the file that was read last, whether it was taken or not
  std::string last_;  // stamp at the last look
  std::shared_ptr<const LookupTable> contents_;
};

// Reads the topic from its beginning, and takes each record as it comes. A record that can't be a row is refused, and the
// row stays.
class TableTopic final : public FollowedTable {
 public:
  TableTopic(const TableSpec& spec, const LookupPlan& layout, const KafkaSpec& kafka);
  bool Look(WallTime now) override;
  std::shared_ptr<const LookupTable> contents() const override { return contents_; }
  // Why it can't be read or followed now; "": it can.
  const std::string& trouble() const { return trouble_; }

 private:
  void Take(std::string_view key, std::string_view value);
  void Trouble(const Status& status);

  const TableSpec& spec_;
  const KafkaSpec& kafka_;
  TableRows rows_;
  std::unique_ptr<TopicReader> reader_;
  uint64_t begun_ = 0;    // of the reader's, when rows_ was begun
  bool changed_ = false;  // rows_ are others than contents_
  std::string trouble_;   // said last
  std::shared_ptr<const LookupTable> contents_;
};

// All tables as they are now, by Plan::lookups(), for commands that follow none. kUnavailable when a topic can't be read to
// its end in time.
Result<LookupTables> ReadTables(const Specs& specs, const Plan& plan, Duration within = std::chrono::seconds(60));

}  // namespace tidemark
