#include "daemon/table_watch.h"

#include <algorithm>
#include <exception>

#include "daemon/clock.h"
#include "daemon/log.h"

namespace tidemark {
namespace {

constexpr Duration kBetweenReads = std::chrono::milliseconds(10);  // while a topic is being read for the first time

// Null as long as one of them is not known.
std::optional<LookupTables> ContentsOf(const std::vector<std::unique_ptr<FollowedTable>>& tables) {
  LookupTables contents;
  for (const auto& table : tables) {
    contents.push_back(table->contents());
    if (contents.back() == nullptr) return std::nullopt;
  }
  return contents;
}

std::vector<TableState> StatesOf(const std::vector<std::unique_ptr<FollowedTable>>& tables) {
  std::vector<TableState> states;
  for (const auto& table : tables) states.push_back(table->state());
  return states;
}

}  // namespace

TableWatch::TableWatch(const Specs& specs, const Plan& plan, OwnMetrics* own, Duration every) : own_(own), every_(every) {
  for (size_t t = 0; t < specs.tables.size(); ++t) {
    if (specs.tables[t].topic.empty()) {
      tables_.push_back(std::make_unique<TableFile>(specs.tables[t], plan.lookups()[t], WallNow()));
    } else {
      tables_.push_back(std::make_unique<TableTopic>(specs.tables[t], plan.lookups()[t], specs.kafka));
    }
  }
  contents_ = ContentsOf(tables_);
  own_->SetTables(StatesOf(tables_));
  if (!tables_.empty()) thread_.emplace(Wait(), [this](const std::atomic<bool>& stop) { return Look(stop); });
}

std::optional<LookupTables> TableWatch::Take() {
  const std::lock_guard lock(mu_);
  if (!contents_ || !std::exchange(new_, false)) return std::nullopt;
  return contents_;
}

std::optional<LookupTables> TableWatch::contents() const {
  const std::lock_guard lock(mu_);
  return contents_;
}

Duration TableWatch::Wait() const { return contents_ ? every_ : std::min(every_, kBetweenReads); }

Duration TableWatch::Look(const std::atomic<bool>& stop) {
  bool changed = false;
  for (const auto& table : tables_) {
    if (stop) return every_;  // without brokers each look takes seconds
    try {
      changed |= table->Look(WallNow());
    } catch (const std::exception& error) {  // out of memory: the old contents stay
      Log(LogLevel::kError, "a table cannot be read", {{"table", table->state().name}, {"reason", error.what()}});
    }
  }
  own_->SetTables(StatesOf(tables_));
  const std::lock_guard lock(mu_);
  if (changed) contents_ = ContentsOf(tables_);
  new_ |= changed;
  return Wait();
}

}  // namespace tidemark
