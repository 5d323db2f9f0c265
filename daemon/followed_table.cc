#include "daemon/followed_table.h"

#include "config/table_file.h"
#include "daemon/clock.h"
#include "daemon/log.h"

namespace tidemark {
namespace {

constexpr size_t kRecordsALook = 100'000;  // then the others have their turn

// The first of several mistakes, and how many more there are.
std::string Shortened(const Diagnostics& diagnostics) {
  std::string text = diagnostics.ToString();
  text.resize(text.find('\n'));
  const size_t more = diagnostics.items().size() - 1;
  return more == 0 ? text : text + " (and " + std::to_string(more) + " more)";
}

}  // namespace

TableFile::TableFile(const TableSpec& spec, const LookupPlan& layout, WallTime now)
    : spec_(spec), layout_(layout), read_(spec.stamp), last_(spec.stamp), contents_(spec.contents) {
  state_ = {.name = spec.name, .loaded = now, .rows = contents_->rows(), .bytes = contents_->bytes()};
}

bool TableFile::Look(WallTime now) {
  const std::string stamp = FileStamp(spec_.file);
  const bool still = stamp == last_;
  last_ = stamp;
  return stamp != read_ && still && Reload(now);
}

bool TableFile::Reload(WallTime now) {
  Diagnostics diagnostics;
  std::shared_ptr<const LookupTable> table;
  const Result<TableText> read = ReadTableFile(spec_.file);
  if (!read.ok() && read.status().code() == Code::kUnavailable) return false;  // being written: look again
  if (read.ok()) {
    table = ParseTable(spec_, &layout_, read->text, &diagnostics);
  } else {
    diagnostics.Add({spec_.file, 0, 0}, read.status().text());
  }
  read_ = read.ok() ? read->stamp : last_;
  state_.ok = table != nullptr;
  if (table == nullptr) {
    ++state_.failures;
    Log(LogLevel::kError, "a changed table is refused; its old contents stay", {{"table", spec_.name}, {"reason", Shortened(diagnostics)}});
    return false;
  }
  state_.loaded = now;
  state_.rows = table->rows();
  state_.bytes = table->bytes();
  contents_ = std::move(table);
  Log(LogLevel::kInfo, "a table has changed", {{"table", spec_.name}, {"rows", std::to_string(state_.rows)}});
  return true;
}

TableTopic::TableTopic(const TableSpec& spec, const LookupPlan& layout, const KafkaSpec& kafka)
    : spec_(spec), kafka_(kafka), rows_(spec, layout) {
  state_ = {.name = spec.name, .ok = false};
}

void TableTopic::Take(std::string_view key, std::string_view value) {
  if (value.data() == nullptr) {
    rows_.Erase(key);
    changed_ = true;
    return;
  }
  if (const Status set = rows_.Set(key, value); !set.ok()) {
    // Keys may be personal: the log names none.
    if (++state_.failures == 1) {
      Log(LogLevel::kError, "a record of a table's topic is refused; further ones are only counted", {{"table", spec_.name}, {"reason", set.text()}});
    }
    return;
  }
  changed_ = true;
}

void TableTopic::Trouble(const Status& status) {
  state_.ok = status.ok();
  if (status.text() == trouble_) return;
  trouble_ = status.text();
  if (!status.ok()) {
    Log(LogLevel::kWarn, contents_ == nullptr ? "a table can't be read yet; events wait for it" : "a table can't be followed; its contents stay",
        {{"table", spec_.name}, {"reason", trouble_}});
  }
}

bool TableTopic::Look(WallTime now) {
  const auto poll = [&]() -> Status {
    if (reader_ == nullptr) {
      TM_ASSIGN_OR_RETURN(reader_, TopicReader::Open(kafka_, spec_.topic));
    }
    return reader_->Poll(std::chrono::milliseconds(50), kRecordsALook, [&](const RawRecord& record) {
      if (begun_ != reader_->begun()) rows_.Clear();
      begun_ = reader_->begun();
      Take(record.key, record.value);
    });
  };
  const Status status = poll();
  Trouble(status);
  if (!status.ok() || !reader_->at_end()) return false;
  if (begun_ != reader_->begun()) {  // read from its beginning, and nothing was there
    rows_.Clear();
    begun_ = reader_->begun();
    changed_ = true;
  }
  if (!changed_ && contents_ != nullptr) return false;
  changed_ = false;
  const bool first = contents_ == nullptr;
  contents_ = rows_.Build();
  state_.loaded = now;
  state_.rows = contents_->rows();
  state_.bytes = contents_->bytes();
  if (first) Log(LogLevel::kInfo, "a table was read", {{"table", spec_.name}, {"topic", spec_.topic}, {"rows", std::to_string(state_.rows)}});
  return true;
}

Result<LookupTables> ReadTables(const Specs& specs, const Plan& plan, Duration within) {
  LookupTables tables;
  const Duration until = SteadyNow() + within;
  for (size_t t = 0; t < specs.tables.size(); ++t) {
    const TableSpec& spec = specs.tables[t];
    if (spec.topic.empty()) {
      tables.push_back(spec.contents);
      continue;
    }
    TableTopic topic(spec, plan.lookups()[t], specs.kafka);
    while (topic.contents() == nullptr) {
      topic.Look(WallNow());
      if (topic.contents() == nullptr && SteadyNow() > until) {
        return Unavailable(topic.trouble().empty() ? "topic " + spec.topic + " was not read to its end in time" : topic.trouble()).In("table " + spec.name);
      }
    }
    tables.push_back(topic.contents());
  }
  return tables;
}

}  // namespace tidemark
