#include "daemon/table_watch.h"

#include <exception>

#include "config/table_file.h"
#include "daemon/clock.h"
#include "daemon/log.h"

namespace tidemark {
namespace {

// The first of several mistakes, and how many more there are.
std::string Shortened(const Diagnostics& diagnostics) {
  std::string text = diagnostics.ToString();
  text.resize(text.find('\n'));
  const size_t more = diagnostics.items().size() - 1;
  return more == 0 ? text : text + " (and " + std::to_string(more) + " more)";
}

}  // namespace

TableFiles::TableFiles(std::span<const TableSpec> specs, std::span<const LookupPlan> layouts, WallTime now)
    : specs_(specs), layouts_(layouts.begin(), layouts.end()) {
  for (const TableSpec& spec : specs) {
    seen_.push_back({spec.stamp, spec.stamp});
    states_.push_back({.name = spec.name, .loaded = now, .rows = spec.contents->rows(), .bytes = spec.contents->bytes()});
    tables_.push_back(spec.contents);
  }
}

std::optional<LookupTables> TableFiles::Look(WallTime now) {
  bool changed = false;
  for (size_t t = 0; t < specs_.size(); ++t) {
    Seen& seen = seen_[t];
    const std::string stamp = FileStamp(specs_[t].file);
    const bool still = stamp == seen.last;
    seen.last = stamp;
    if (stamp != seen.read && still) changed |= Reload(t, now);
  }
  if (!changed) return std::nullopt;
  return tables_;
}

bool TableFiles::Reload(size_t t, WallTime now) {
  const TableSpec& spec = specs_[t];
  TableState& state = states_[t];
  Diagnostics diagnostics;
  std::shared_ptr<const LookupTable> table;
  const Result<TableText> read = ReadTableFile(spec.file);
  if (!read.ok() && read.status().code() == Code::kUnavailable) return false;  // being written: look again
  if (read.ok()) {
    table = ParseTable(spec, &layouts_[t], read->text, &diagnostics);
  } else {
    diagnostics.Add({spec.file, 0, 0}, read.status().text());
  }
  seen_[t].read = read.ok() ? read->stamp : seen_[t].last;
  state.ok = table != nullptr;
  if (table == nullptr) {
    ++state.failures;
    Log(LogLevel::kError, "a changed table is refused; its old contents stay", {{"table", spec.name}, {"reason", Shortened(diagnostics)}});
    return false;
  }
  state.loaded = now;
  state.rows = table->rows();
  state.bytes = table->bytes();
  tables_[t] = std::move(table);
  Log(LogLevel::kInfo, "a table has changed", {{"table", spec.name}, {"rows", std::to_string(state.rows)}});
  return true;
}

TableWatch::TableWatch(const Specs& specs, const Plan& plan, OwnMetrics* own, Duration every)
    : files_(specs.tables, plan.lookups(), WallNow()), own_(own), every_(every) {
  own_->SetTables(files_.states());
  if (!specs.tables.empty()) thread_ = std::thread([this] { Main(); });
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
  return std::exchange(new_, std::nullopt);
}

void TableWatch::Main() {
  std::unique_lock lock(mu_);
  while (!cv_.wait_for(lock, every_, [this] { return stop_; })) {
    lock.unlock();
    std::optional<LookupTables> changed;
    try {
      changed = files_.Look(WallNow());
    } catch (const std::exception& error) {  // out of memory: the old contents stay
      Log(LogLevel::kError, "tables cannot be read", {{"reason", error.what()}});
    }
    own_->SetTables(files_.states());
    lock.lock();
    if (changed) new_ = std::move(changed);
  }
}

}  // namespace tidemark
