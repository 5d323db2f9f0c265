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
  if (!tables_.empty()) thread_ = std::thread([this] { Main(); });
}

TableWatch::~TableWatch() {
  {
    const std::lock_guard lock(mu_);
    stop_ = true;
  }
  cv_.notify_all();
  if (thread_.joinable()) thread_.join();
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

void TableWatch::Look() {
  bool changed = false;
  for (const auto& table : tables_) {
    {
      const std::lock_guard lock(mu_);
      if (stop_) return;  // without brokers each look takes seconds
    }
    try {
      changed |= table->Look(WallNow());
    } catch (const std::exception& error) {  // out of memory: the old contents stay
      Log(LogLevel::kError, "a table cannot be read", {{"table", table->state().name}, {"reason", error.what()}});
    }
  }
  own_->SetTables(StatesOf(tables_));
  if (!changed) return;
  const std::lock_guard lock(mu_);
  contents_ = ContentsOf(tables_);
  new_ = true;
}

void TableWatch::Main() {
  for (bool stop = false; !stop;) {
    std::unique_lock lock(mu_);
    stop = cv_.wait_for(lock, contents_ ? every_ : std::min(every_, kBetweenReads), [this] { return stop_; });
    lock.unlock();
    if (!stop) Look();
  }
}

}  // namespace tidemark
